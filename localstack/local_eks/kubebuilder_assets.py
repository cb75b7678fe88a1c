"""Runs `kube-apiserver` and `etcd` of KUBEBUILDER_ASSETS as `localstack/apiserver` runs: a program of its own, same contract.

They show their own version, fill no aggregated ClusterRoles (admin, edit and view stay empty) and know no faults.
Uses the standard library alone: it is run as a file, outside of the package.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path


def main(api_server: Path, flags: list[str]) -> int:
    client, peer, secure = _free_ports(3)
    etcd_urls = [f"http://127.0.0.1:{port}" for port in (client, peer)]
    etcd = subprocess.Popen(
        [
            str(api_server.with_name("etcd")),
            f"--data-dir={os.environ['LOCAL_EKS_ETCD_DIR']}", "--unsafe-no-fsync", "--log-level=error",
            f"--listen-client-urls={etcd_urls[0]}", f"--advertise-client-urls={etcd_urls[0]}",
            f"--listen-peer-urls={etcd_urls[1]}", f"--initial-advertise-peer-urls={etcd_urls[1]}",
            f"--initial-cluster=default={etcd_urls[1]}",
        ],
        stdin=subprocess.DEVNULL, stdout=sys.stderr,
    )
    server = subprocess.Popen(
        [str(api_server), f"--etcd-servers={etcd_urls[0]}", "--bind-address=127.0.0.1", f"--secure-port={secure}", *flags],
        stdin=subprocess.DEVNULL, stdout=sys.stderr,
    )
    threading.Thread(target=_obey, args=(server,), daemon=True).start()
    print(json.dumps({"port": secure}), flush=True)
    try:
        return server.wait()
    finally:
        etcd.kill()


def _obey(server: subprocess.Popen[bytes]) -> None:
    for line in sys.stdin:
        fault = json.loads(line).get("kind")
        print(json.dumps({"error": "an API server of KUBEBUILDER_ASSETS has no faults"} if fault else {}), flush=True)
    server.kill()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
