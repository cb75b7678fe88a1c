"""`scripts/bench [aws | kube]`: eksray beside a client that only fetches, in turns, as ratios."""

from __future__ import annotations

import argparse
import signal
import statistics
import sys
from pathlib import Path

from . import eksray, planes
from .floors import FloorError
from .local import Local, LocalError, started
from .planes import Plane

DESCRIPTION = """\
Runs eksray against a local EKS beside a floor: a client that makes the same calls with the greatest overlap and
evaluates nothing. Both run in turns, and every ratio is of two runs beside each other. Prints no absolute time, and
judges none: a machine is slow or busy, a ratio stays.

  aws   all AWS calls of a recorded scan, each as soon as the answers that it needs are there
  kube  all lists of a recorded scan of one cluster, paged in JSON
"""


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the local EKS is stopped
    args = _arguments()
    binary = eksray.find(args.binary)
    if binary is None:
        print(
            f"bench: no eksray {f'at {args.binary}' if args.binary else 'in target/'};"
            " build it with `cargo build --release -p eksray`, or name one with --binary",
            file=sys.stderr,
        )
        return 2
    print(f"binary {binary}")
    try:
        for name in [args.plane] if args.plane else ["aws", "kube"]:
            with started(args.seed, ["--no-kubernetes"] if name == "aws" else []) as local:
                _compare(_prepare(name, local, args, binary), local, args.rounds, binary)
    except (LocalError, FloorError, eksray.ScanError, OSError) as problem:
        print(f"bench: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("plane", nargs="?", choices=["aws", "kube"], help="what to compare (default: one after the other)")
    parser.add_argument("--binary", type=Path, help="eksray to run (default: target/release/eksray, else target/debug/eksray)")
    parser.add_argument("--rounds", type=_positive, default=5, help="pairs of runs (default: 5)")
    parser.add_argument("--delay", type=float, default=50, metavar="MS", help="added to every AWS call (default: 50)")
    parser.add_argument("--seed", default="careless", help="account of the local EKS: a name or a directory (default: careless)")
    parser.add_argument("--cluster", help="cluster that kube reads (default: the seed's first)")
    return parser.parse_args()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _prepare(name: str, local: Local, args: argparse.Namespace, binary: Path) -> Plane:
    def scan(plane: Plane) -> None:
        eksray.scan(binary, plane.arguments, plane.environment, local.folder)

    return planes.aws(local, args.delay, scan) if name == "aws" else planes.kube(local, args.cluster, scan)


def _compare(plane: Plane, local: Local, rounds: int, binary: Path) -> None:
    ratios, scan_calls, floor_calls, peaks = [], [], [], []
    for number in range(rounds):
        sides = ["scan", "floor"] if number % 2 else ["floor", "scan"]
        seconds = {}
        for side in sides:
            if side == "floor":
                seconds[side], calls = plane.floor()
                floor_calls.append(calls)
            else:
                before = plane.calls()
                ran = eksray.scan(binary, plane.arguments, plane.environment, local.folder)
                scan_calls.append(plane.calls() - before)
                seconds[side] = ran.seconds
                peaks.append(ran.peak)
        ratios.append(seconds["scan"] / seconds["floor"])
    low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
    share = statistics.median(scan_calls) / statistics.median(floor_calls)
    bound = "" if max(peaks) > eksray.own_peak() else "at most "
    print(f"{plane.title}")
    print(f"  wall         {low:.2f}  {middle:.2f}  {high:.2f}   eksray / floor: least, median, most of {rounds}")
    print(f"  calls        {share:.2f}   eksray {_span(scan_calls)}, floor {_span(floor_calls)}")
    print(f"  peak memory  {bound}{max(peaks) / 2**20:.0f} MiB of eksray", flush=True)


def _span(numbers: list[int]) -> str:
    return f"{min(numbers)}" if min(numbers) == max(numbers) else f"{min(numbers)} to {max(numbers)}"


if __name__ == "__main__":
    sys.exit(main())
