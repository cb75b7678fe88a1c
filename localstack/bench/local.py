"""The local EKS that a benchmark runs against: started for it, with a directory of its own."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[2]
SCRIPT = CHECKOUT / "scripts" / "local-eks"


class LocalError(Exception):
    """The local EKS does not do what it should; it has said why itself."""


@dataclass(frozen=True)
class Local:
    """A running one."""

    folder: Path
    """For whatever the benchmark writes."""
    status: dict[str, Any]
    """What `local-eks status --json` says."""

    @property
    def endpoint(self) -> str:
        return self.status["endpoint"]

    def control(self, name: str, body: Any = None) -> Any:
        """POSTs to a control, or GETs it when there is no body."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.endpoint}/_local_eks/{name}", data=data, timeout=30) as answer:
            return json.load(answer)


@contextlib.contextmanager
def started(seed: str, options: list[str]) -> Iterator[Local]:
    """Runs one, and stops it in the end."""
    with tempfile.TemporaryDirectory(prefix="eksray-bench-") as folder:
        state = ["--state", f"{folder}/state"]
        try:
            _run(["up", "--seed", seed, *options, *state])
            yield Local(Path(folder), json.loads(_run(["status", "--json", *state])))
        finally:
            subprocess.run([SCRIPT, "down", *state], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _run(arguments: list[str]) -> bytes:
    ran = subprocess.run([SCRIPT, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    if ran.returncode:
        raise LocalError(f"`local-eks {arguments[0]}` failed")
    return ran.stdout
