"""The process that holds a running local EKS together, and how others find it."""

from __future__ import annotations

import base64
import json
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from . import api_servers, seed_kubernetes
from .account import Account
from .aws_server import AwsServer
from .kubernetes_routes import serve_faults, serve_login

STATE = "state.json"


def read_state(directory: Path) -> dict[str, Any] | None:
    """What the supervisor last wrote; None when there is none."""
    try:
        return json.loads((directory / STATE).read_text())
    except (FileNotFoundError, ValueError):
        return None


class Supervisor:
    """Serves one seed until it is told to stop."""

    def __init__(self, seed: Path, directory: Path, port: int, binary: Path | None):
        self._seed, self._directory, self._port, self._binary = seed, directory, port, binary
        self._servers: dict[str, Any] = {}
        self._state: dict[str, Any] = {"pid": os.getpid(), "ready": False, "seed": seed.name}
        self._stop = threading.Event()

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        self._directory.mkdir(parents=True, exist_ok=True)
        self._write()
        aws = AwsServer(self._port)
        aws.start()
        try:
            _say(f"making the AWS account of seed {self._seed.name}")
            aws.apply(self._seed)
            if self._binary:
                self._start_kubernetes(aws, self._binary)
            self._state |= {
                "ready": True,
                "endpoint": aws.url,
                "scanner": aws.seed.identities.get("scanner", {}),
                "region": aws.seed.regions.enabled[0],
                "clusters": self._clusters(aws),
            }
            self._write()
            _say(f"ready: {aws.url}")
            self._stop.wait()
        finally:
            for server in self._servers.values():
                server.stop()
            aws.stop()

    def _start_kubernetes(self, aws: AwsServer, binary: Path) -> None:
        serve_login(aws.control, Account(aws, self._servers))
        versions = {c.name: c.describe["version"] for region in aws.seed.eks.clusters.values() for c in region.values()}
        _say(f"starting the API servers of {', '.join(versions)}")
        started = api_servers.start(versions, self._directory, f"{aws.url}/_local_eks/token-review", binary)
        self._servers.update(started)
        self._state["api_server_pids"] = [server.pid for server in started.values()]
        self._write()
        serve_faults(aws.control, started)
        _say("seeding them")
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda server: seed_kubernetes.apply(server, self._seed, aws.seed.names), started.values()))
        for name, server in started.items():
            aws.endpoints[name] = (server.endpoint, base64.b64encode(server.ca_pem.encode()).decode())

    def _clusters(self, aws: AwsServer) -> list[dict[str, Any]]:
        rows = []
        for region, clusters in aws.seed.eks.clusters.items():
            for cluster in clusters.values():
                server = self._servers.get(cluster.name)
                rows.append(
                    {
                        "name": cluster.name,
                        "region": region,
                        "version": cluster.describe["version"],
                        "endpoint": server.endpoint if server else None,
                        "pid": server.pid if server else None,
                        "audit_log": str(server.audit_log) if server else None,
                    }
                )
        return rows

    def _write(self) -> None:
        """Replaced at once, so that nobody reads half a file."""
        new = self._directory / f"{STATE}.new"
        new.touch(mode=0o600)
        new.write_text(json.dumps(self._state, indent=1))
        new.replace(self._directory / STATE)


def _say(text: str) -> None:
    print(f"local-eks: {text}", file=sys.stderr, flush=True)
