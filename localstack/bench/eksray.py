"""Runs the binary and measures it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from .local import CHECKOUT

COMPLETED = {0, 1, 3}
"""Exit codes of a scan that wrote its report."""


class ScanError(Exception):
    """The scan wrote no report."""


@dataclass(frozen=True)
class Ran:
    seconds: float
    peak: int
    """Bytes of resident memory. Never less than our own: the system counts what a process was before it became another."""


def find(given: Path | None) -> Path | None:
    """The binary that was named, else the one that was built, with optimizations if there is one."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", CHECKOUT / "target"))
    wanted = [given] if given else [target / kind / "eksray" for kind in ("release", "debug")]
    return next((path.absolute() for path in wanted if os.access(path, os.X_OK) and path.is_file()), None)


def scan(binary: Path, arguments: list[str], environment: dict[str, str], folder: Path) -> Ran:
    """One scan, with nothing of the caller's AWS setup, proxies or settings file in its way."""
    command = [str(binary), "scan", "--format", "json", "--output", str(folder / "report.json"), "--quiet", *arguments]
    kept = {name: value for name, value in os.environ.items() if not _misleads(name)}
    apart = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}
    with (folder / "stderr").open("wb") as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env={**kept, **apart, **environment}, cwd=folder
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in COMPLETED:
        lines = (folder / "stderr").read_text(errors="replace").strip().splitlines()
        raise ScanError(f"{binary.name} ended with {process.returncode}: {' / '.join(lines[-3:])}")
    return Ran(seconds, _bytes(usage))


def own_peak() -> int:
    """Of this process."""
    return _bytes(resource.getrusage(resource.RUSAGE_SELF))


def _bytes(usage: resource.struct_rusage) -> int:
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _misleads(name: str) -> bool:
    return name.startswith("AWS_") or name.lower().endswith("_proxy") or name == "KUBECONFIG"
