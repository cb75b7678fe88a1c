"""The two things that are compared: reading the AWS side, and reading one cluster."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from local_eks.kube_client import kubeconfig

from . import floors
from .local import Local, LocalError
from .plan import plan
from .recording import Recording

AUDIT_LAG = 0.2
"""Seconds after which the API server has written what it answered into its audit log."""


@dataclass(frozen=True)
class Plane:
    title: str
    arguments: list[str]
    """That make `eksray scan` read this plane alone."""
    environment: dict[str, str]
    calls: Callable[[], int]
    """Counted so far, by the emulator."""
    floor: Callable[[], tuple[float, int]] = field(default=lambda: (0.0, 0))
    """Seconds and calls of one run."""


Scan = Callable[[Plane], object]
"""Runs eksray once, for what can be learnt from it."""


def aws(local: Local, delay: float, scan: Scan) -> Plane:
    """Every call of a recorded scan once, without its API servers."""
    exports = local.status["exports"]
    with Recording(local.endpoint) as recording:
        scan(Plane("aws", ["--without-kubernetes"], {**exports, "AWS_ENDPOINT_URL": recording.url}, lambda: 0))
    steps = plan(recording.exchanges, known=frozenset({local.status["region"]}))
    if not steps:
        raise LocalError("the scan made no AWS call, so there is nothing to compare it with")
    local.control("delay", {"ms": delay})
    return Plane(
        f"aws: seed {local.status['seed']}, {delay:g} ms added to each call, longest chain of the floor {max(s.depth for s in steps)}",
        ["--without-kubernetes"],
        exports,
        calls=lambda: len(local.control("calls")),
        floor=lambda: (floors.aws(steps, local.endpoint), len(steps)),
    )


def kube(local: Local, cluster: str | None, scan: Scan) -> Plane:
    """Every list of a recorded scan, paged in JSON with the same sizes of pages. Both sides log in as administrator."""
    rows = [row for row in local.status["clusters"] if cluster in (None, row["name"])]
    if not rows:
        raise LocalError(f"seed {local.status['seed']} has no cluster {cluster}")
    row = rows[0]
    audit_log = Path(row["audit_log"])
    ca_pem = (audit_log.parent / "ca.crt").read_text()
    token, user = next(csv.reader((audit_log.parent / "tokens.csv").open()))[:2]
    config = local.folder / "kubeconfig"
    config.touch(mode=0o600)
    config.write_text(json.dumps(kubeconfig(row["endpoint"], ca_pem, token)))
    arguments = ["--kubeconfig", str(config)]

    before = len(_audited(audit_log, user))
    scan(Plane("kube", arguments, {}, lambda: 0))
    lists = sorted({_first_page(e["requestURI"]) for e in _audited(audit_log, user)[before:] if e["verb"] == "list"})
    if not lists:
        raise LocalError("the scan listed nothing, so there is nothing to compare it with")
    return Plane(
        f"kube: seed {local.status['seed']}, cluster {row['name']}, {len(lists)} lists",
        arguments,
        {},
        calls=lambda: len(_audited(audit_log, user)),
        floor=lambda: floors.kube(lists, row["endpoint"], ca_pem, token),
    )


def _audited(log: Path, user: str) -> list[dict[str, Any]]:
    time.sleep(AUDIT_LAG)
    events = map(json.loads, log.read_text().splitlines())
    return [e for e in events if e["user"].get("username") == user and e["stage"] == "ResponseComplete"]


def _first_page(uri: str) -> str:
    path, _, query = uri.partition("?")
    rest = urlencode([(key, value) for key, value in parse_qsl(query) if key != "continue"])
    return f"{path}?{rest}" if rest else path
