"""Starts and stops the supervisor, and everything below it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .supervisor import Supervisor, read_state

BUILD_SCRIPT = Path(__file__).parents[1] / "apiserver" / "build.sh"
READY_WITHIN = 1800
"""Seconds: half a minute for the seeds of the tree, a quarter of an hour for a population of 50,000 pods; one that fails ends at once."""
GONE_WITHIN = 20


class LaunchError(Exception):
    """Said to the user as it is."""


def up(seed: Path, directory: Path, port: int, kubernetes: bool) -> dict[str, Any]:
    """The state of the running local EKS, started if it was not."""
    with _only_one(directory.parent):
        state = running(directory)
        if state is None:
            binary = api_server_binary() if kubernetes else None
            down(directory)  # what a crash left behind
            state = _start(seed, directory, port, binary)
        elif state["seed"] != seed.name:
            raise LaunchError(f"seed {state['seed']} is running; `down` it first, or give another --state")
        return state


def serve(seed: Path, directory: Path, port: int, kubernetes: bool) -> None:
    """Runs in this process until a signal ends it, then removes the state directory."""
    if running(directory):
        raise LaunchError(f"one is running in {directory} already")
    binary = api_server_binary() if kubernetes else None
    try:
        Supervisor(seed, directory, port, binary).run()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def down(directory: Path) -> bool:
    """Stops every process of ours that the state directory knows, and removes it; whether there was one."""
    state, existed = read_state(directory), directory.exists()
    if state:
        # The API servers end with the supervisor; they are named for the case that it was killed.
        for pid in (state["pid"], *state.get("api_server_pids", ())):
            _end(pid)
    shutil.rmtree(directory, ignore_errors=True)
    return existed


def running(directory: Path) -> dict[str, Any] | None:
    """The state of what runs and answers; None when nothing does."""
    state = read_state(directory)
    if not state or not state["ready"]:
        return None
    try:
        with urllib.request.urlopen(f"{state['endpoint']}/_local_eks/status", timeout=5):
            return state
    except OSError:
        return None


def exports(state: dict[str, Any]) -> dict[str, str]:
    """The environment in which any AWS SDK finds the account."""
    return {
        "AWS_ENDPOINT_URL": state["endpoint"],
        "AWS_ACCESS_KEY_ID": state["scanner"].get("AccessKeyId", "none"),
        "AWS_SECRET_ACCESS_KEY": state["scanner"].get("SecretAccessKey", "none"),
        "AWS_REGION": state["region"],
        "AWS_DEFAULT_REGION": state["region"],  # what boto3 and the aws CLI read
        "LOCAL_EKS_CONTROL": f"{state['endpoint']}/_local_eks",
    }


@contextlib.contextmanager
def _only_one(place: Path) -> Iterator[None]:
    """Of two `up` at once, the second waits and finds what the first started."""
    place.mkdir(parents=True, exist_ok=True)
    handle = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _start(seed: Path, directory: Path, port: int, binary: Path | None) -> dict[str, Any]:
    directory.mkdir(mode=0o700)
    log = directory / "supervisor.log"
    command = [sys.executable, "-m", "local_eks", "serve", "--seed", str(seed), "--state", str(directory), "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONHASHSEED": "0"}
    if binary:
        environment["LOCAL_EKS_APISERVER"] = str(binary)
    else:
        command.append("--no-kubernetes")
    with log.open("w") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, env=environment, cwd="/"
        )
    deadline = time.monotonic() + READY_WITHIN
    with log.open(errors="replace") as said:  # stays readable when a failing supervisor removes its directory
        while time.monotonic() < deadline:
            ended = process.poll() is not None
            sys.stderr.write(said.read())
            state = read_state(directory)
            if ended:
                break
            if state and state["ready"]:
                return state
            time.sleep(0.1)
        else:
            down(directory)
    raise LaunchError("it did not start; the lines above say why")


def _end(pid: int) -> None:
    if not is_alive(pid):
        return
    for number, patience in ((signal.SIGTERM, GONE_WITHIN), (signal.SIGKILL, GONE_WITHIN)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether the process is there, and ours: a pid may have been given
    to another since it was written down. A zombie is gone already."""
    shown = subprocess.run(["ps", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True).stdout
    return not shown.startswith("Z") and ("local_eks" in shown or "apiserver" in shown)


def true_version() -> str:
    """The minor version of the sources that the API server is built from; a cluster may show another one."""
    found = re.search(r"k8s\.io/kubernetes v(1\.\d+)", BUILD_SCRIPT.with_name("go.mod").read_text())
    assert found, "go.mod names the version of Kubernetes"
    return found[1]


def api_server_binary() -> Path:
    """The API server, built if need be; minutes once, then an instant."""
    given = os.environ.get("LOCAL_EKS_APISERVER")
    if given:
        return Path(given)
    built = subprocess.run(["sh", str(BUILD_SCRIPT)], stdout=subprocess.PIPE, text=True)
    lines = built.stdout.splitlines()
    if built.returncode or not lines:
        raise LaunchError("the API server could not be built; the lines above say why, `--no-kubernetes` does without")
    return Path(lines[-1])
