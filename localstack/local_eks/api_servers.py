"""Starts and stops the real API servers, one process per cluster.

Each has its own certificate authority, endpoint, version, login webhook and audit log under `<state>/<cluster>/`.
The process is `localstack/apiserver` (see its `main.go`): it chooses its port and says it on standard output, takes
fault commands on standard input, and ends when that input ends, so it cannot outlive the process that started it.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from . import certificates
from .kube_client import KubeClient, KubeError

ADMIN_USER = "local-eks:seeder"
"""Who seeds; whoever reads the audit log for what a client did leaves this user out."""

LATEST_PATCH = {"1.32": 9, "1.33": 5, "1.34": 2, "1.35": 1, "1.36": 0}
"""The patch release that a cluster of this minor version shows; others show `.0`."""

AUDIT_LOG, LOG = "audit.log", "apiserver.log"

READY_WITHIN, ENDS_WITHIN = 120, 10
"""Seconds; 3 to 6 and a few milliseconds usually, but compilers may be busy beside it."""


class ApiServerError(Exception):
    """An API server did not start; says why in one line."""


class ApiServer:
    """One running API server."""

    def __init__(self, name: str, process: subprocess.Popen[str], port: int, ca_pem: str, admin_token: str, directory: Path):
        self.name = name
        self.pid = process.pid
        self.endpoint = f"https://127.0.0.1:{port}"
        self.ca_pem = ca_pem
        self.admin_token = admin_token
        self.admin = KubeClient(self.endpoint, ca_pem, admin_token)
        """What the launcher itself calls the server with; it may do everything."""
        self.audit_log = directory / AUDIT_LOG
        self._directory = directory
        self._process = process
        self._commands = threading.Lock()

    def wait_ready(self, deadline: float) -> None:
        while True:
            try:
                self.admin.request("GET", "/readyz")
                return
            except (KubeError, OSError) as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise _failure(self.name, f"is not ready: {error}", self._directory) from None
                time.sleep(0.05)

    def aws_auth(self) -> dict[str, str] | None:
        """`data` of ConfigMap kube-system/aws-auth."""
        config_map = self.admin.get_or_none("/api/v1/namespaces/kube-system/configmaps/aws-auth")
        return config_map and (config_map.get("data") or {})

    def command(self, fault: Mapping[str, Any]) -> None:
        """Puts a fault in place; see `kubernetes_faults`."""
        with self._commands:
            self._process.stdin.write(json.dumps(fault) + "\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline() or '{"error": "the API server has ended"}')
        if "error" in answer:
            raise ValueError(answer["error"])

    def stop(self) -> None:
        """Ends the process; its files stay for whoever wants to read the logs. May be called twice."""
        _end(self._process)
        self.admin.close()


def start(clusters: Mapping[str, str], state_dir: Path, webhook_url: str, binary: Path) -> dict[str, ApiServer]:
    """Starts one API server per cluster, at the same time, and waits until all are ready.

    `clusters` maps names to minor versions (`{"shop": "1.32"}`); `<webhook_url>/<cluster>` is asked about tokens.
    """
    started: list[ApiServer] = []

    def one(name: str, version: str) -> ApiServer:
        server = _launch(name, version, state_dir / name, f"{webhook_url.rstrip('/')}/{name}", binary)
        started.append(server)
        server.wait_ready(time.monotonic() + READY_WITHIN)
        return server

    with ThreadPoolExecutor(max_workers=max(len(clusters), 1)) as pool:
        running = {name: pool.submit(one, name, version) for name, version in clusters.items()}
    try:
        return {name: future.result() for name, future in running.items()}
    except BaseException:
        for server in started:
            server.stop()
        raise


def shown_version(minor: str) -> str:
    """`1.32` → `v1.32.9-eks-1a2b3c4`, the shape that EKS gives its versions."""
    return f"v{minor}.{LATEST_PATCH.get(minor, 0)}-eks-1a2b3c4"


def _launch(name: str, version: str, directory: Path, webhook_url: str, binary: Path) -> ApiServer:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True, mode=0o700)
    ca_pem = certificates.write(directory)
    admin_token = secrets.token_hex(16)
    _write_configuration(directory, version, webhook_url, admin_token)
    environment = {
        **os.environ,
        "LOCAL_EKS_VERSION": shown_version(version),
        "LOCAL_EKS_ETCD_DIR": str(directory / "etcd"),
        # Half the default: a seeded cluster is small, and several servers share the machine.
        "GOGC": "50",
    }
    with (directory / LOG).open("w") as log:
        process = subprocess.Popen(
            [*_program(binary), *_flags(directory)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=environment,
            # Ctrl-C in a terminal is for the launcher, which stops the servers in its own time.
            start_new_session=True,
        )
    first_line = process.stdout.readline()
    if not first_line:
        _end(process)
        raise _failure(name, "ended at its start", directory)
    return ApiServer(name, process, json.loads(first_line)["port"], ca_pem, admin_token, directory)


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


def _failure(name: str, what: str, directory: Path) -> ApiServerError:
    log = directory / LOG
    lines = log.read_text(errors="replace").splitlines()
    return ApiServerError(f"API server of cluster {name} {what}; {log} ends: {''.join(lines[-1:])}")


def _program(binary: Path) -> list[str]:
    if binary.name == "kube-apiserver":  # of KUBEBUILDER_ASSETS, see `apiserver/build.sh`
        return [sys.executable, str(Path(__file__).with_name("kubebuilder_assets.py")), str(binary)]
    return [str(binary)]


def _flags(directory: Path) -> list[str]:
    return [
        f"--tls-cert-file={directory / certificates.SERVING_CERTIFICATE}",
        f"--tls-private-key-file={directory / certificates.SERVING_KEY}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={directory / certificates.SERVICE_ACCOUNT_KEY}",
        f"--service-account-signing-key-file={directory / certificates.SERVICE_ACCOUNT_KEY}",
        "--service-cluster-ip-range=172.20.0.0/16",
        "--authorization-mode=Node,RBAC",
        "--allow-privileged=true",
        # No controller makes the tokens and default accounts that this plugin waits for.
        "--disable-admission-plugins=ServiceAccount",
        f"--token-auth-file={directory / 'tokens.csv'}",
        f"--authentication-config={directory / 'authentication.json'}",
        f"--authentication-token-webhook-config-file={directory / 'webhook.json'}",
        "--authentication-token-webhook-version=v1",
        "--authentication-token-webhook-cache-ttl=0s",
        f"--audit-policy-file={directory / 'audit-policy.json'}",
        f"--audit-log-path={directory / AUDIT_LOG}",
        "--audit-log-format=json",
        # What nothing here needs and what costs time or memory.
        "--endpoint-reconciler-type=none",
        "--enable-priority-and-fairness=false",
        "--profiling=false",
        "--event-ttl=10m",
    ]


def _write_configuration(directory: Path, version: str, webhook_url: str, admin_token: str) -> None:
    health = [{"path": path} for path in ("/healthz", "/livez", "/readyz")]
    # EKS since 1.32: the health checks are all that a caller without credentials gets.
    anonymous = {"enabled": True, "conditions": health} if _minor(version) >= 32 else {"enabled": True}
    files: dict[str, Any] = {
        "authentication.json": {
            "apiVersion": "apiserver.config.k8s.io/v1beta1",
            "kind": "AuthenticationConfiguration",
            "anonymous": anonymous,
        },
        "webhook.json": {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "login", "cluster": {"server": webhook_url}}],
            "users": [{"name": "api-server", "user": {}}],
            "contexts": [{"name": "login", "context": {"cluster": "login", "user": "api-server"}}],
            "current-context": "login",
        },
        "audit-policy.json": {
            "apiVersion": "audit.k8s.io/v1",
            "kind": "Policy",
            "omitStages": ["RequestReceived"],
            "rules": [{"level": "Metadata"}],
        },
    }
    for name, content in files.items():
        (directory / name).write_text(json.dumps(content))
    (directory / "tokens.csv").write_text(f'{admin_token},{ADMIN_USER},{ADMIN_USER},"system:masters"\n')


def _minor(version: str) -> int:
    return int(version.split(".")[1])
