"""What tests of the Kubernetes half need: a running API server with its login, and names as an account would give them."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from local_eks import login
from local_eks.world import World

ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "seeds"

ADDRESSES = {
    "shop-web-1": "10.20.0.11", "shop-web-2": "10.20.1.11", "shop-legacy-1": "10.20.10.21",
    "staging-system-1": "10.20.10.41", "staging-karpenter-1": "10.20.10.31", "staging-karpenter-2": "10.20.12.31",
    "core-auto-1": "10.40.10.11", "core-auto-2": "10.40.12.11", "vault-main-1": "10.60.10.11", "vault-main-2": "10.60.12.11",
}
OTHERS = (
    "shop-alb.dns", "shop-nlb.dns", "shop-web-targets", "shop-checkout-targets",
    "core-private-a", "core-private-b", "core-cluster-group", "core-certificate", "core-web-acl", "core-alb.dns",
)


def names() -> dict[str, Any]:
    """Stands for `seed.Seed.names` of all seeds."""
    given: dict[str, Any] = {name: f"the-{name}" for name in OTHERS}
    for number, (node, ip) in enumerate(ADDRESSES.items()):
        given[f"{node}.id"] = f"i-{number:017x}"
        given[f"{node}.ip"] = ip
        given[f"{node}.dns"] = f"ip-{ip.replace('.', '-')}.eu-west-1.compute.internal"
    return given


def binary() -> Path:
    """The API server, built by the first test that wants it."""
    given = os.environ.get("LOCAL_EKS_APISERVER")
    if given:
        return Path(given)
    built = subprocess.run(["sh", str(ROOT / "apiserver" / "build.sh")], stdout=subprocess.PIPE, text=True, check=True)
    return Path(built.stdout.strip().splitlines()[-1])


class LoginServer:
    """The token webhook alone, for a world that the test holds."""

    def __init__(self, world: Callable[[], World]):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                # The API server adds a `?timeout=30s`.
                cluster = self.path.partition("?")[0].rpartition("/")[2]
                answer = json.dumps(login.review(asked, cluster, world())).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
