"""`python -m local_eks up | down | status | serve | seed | fleet | population | authorizer`: runs a local EKS in the background."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

from . import authorizer, fleet, launcher, population
from .api_servers import ApiServerError
from .kube_client import KubeError
from .moto_account import ACCOUNT
from .seed import SeedError, make_elsewhere

SEEDS = Path(__file__).parents[1] / "seeds"
STATE = Path(__file__).parents[2] / ".local-eks"
GENERATED: dict[str, tuple[Any, Any, dict[str, tuple[int, int]]]] = {
    "fleet": (fleet.Fleet, fleet.write, {"clusters": (3, 1), "nodes": (12, 0), "roles": (60, 0), "others": (0, 0)}),
    "population": (population.Population, population.write, {"pods": (500, 0), "owners": (100, 1), "namespaces": (10, 1)}),
}
"""What is made from a number: its class, its writer, and of each count the default and the least."""


def main() -> int:
    args = _arguments()
    try:
        return COMMANDS[args.command](args)
    except (launcher.LaunchError, SeedError, ApiServerError, KubeError) as problem:
        print(f"local-eks: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="local-eks", description="An AWS account with EKS clusters on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("up", "start it in the background, and print what to export"),
        ("serve", "run it in the foreground, until Ctrl-C"),
        ("status", "say what runs"),
        ("down", "stop it, and remove everything that it made"),
        ("seed", "make the AWS calls of a seed at another emulator, and print the ids and ARNs by name"),
        ("fleet", "write the seed of an account made from a number, with the findings to expect beside it"),
        ("population", "write the seed of a cluster made from a number, with the findings to expect beside it"),
        ("authorizer", "ask a real API server who may do what with generated roles, and write its answers"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        state_help = "where it keeps its files (default: .local-eks of the checkout)"
        if name == "authorizer":
            command.add_argument("--out", type=Path, required=True, metavar="FILE", help="what it holds, was asked and answered")
            command.add_argument("--number", type=int, default=1, help="of the generated roles and questions")
            command.add_argument("--count", type=int, default=6000, help="how many questions")
        elif name == "seed":
            command.add_argument("--endpoint", required=True, metavar="URL", help="of the other emulator")
        elif name in GENERATED:
            command.add_argument("directory", type=Path, help="where to write it; for `up --seed`")
            command.add_argument("--number", type=int, default=1, help="decides where weaknesses are planted (default: 1)")
            for counted, (default, _) in GENERATED[name][2].items():
                command.add_argument(f"--{counted}", type=int, default=default, help=f"in all (default: {default})")
            if name == "fleet":
                command.add_argument("--partition", choices=sorted(fleet.REGIONS), default="aws", help="(default: aws)")
        else:
            command.add_argument("--state", type=Path, default=STATE, help=state_help)
        if name in ("up", "serve", "seed"):
            command.add_argument("--seed", default="careless", help="careless, careful, or a directory (default: careless)")
        if name in ("up", "serve"):
            command.add_argument("--port", type=int, default=0, help="of the AWS endpoint (default: a free one)")
            command.add_argument("--no-kubernetes", action="store_true", help="AWS only: no API servers")
        if name == "status":
            command.add_argument("--json", action="store_true", help="for programs")
    args = parser.parse_args()
    if "state" in args:
        args.state = args.state.absolute()
    return args


def _seed(name: str) -> Path:
    for directory in (SEEDS / name, Path(name).absolute()):
        if (directory / "aws").is_dir():
            return directory
    known = ", ".join(sorted(path.name for path in SEEDS.iterdir() if (path / "aws").is_dir()))
    raise launcher.LaunchError(f"no seed {name}: neither one of {known}, nor a directory with aws/*.yaml in it")


def _up(args: argparse.Namespace) -> int:
    state = launcher.up(_seed(args.seed), args.state, args.port, kubernetes=not args.no_kubernetes)
    print("unset AWS_PROFILE AWS_SESSION_TOKEN")
    for name, value in launcher.exports(state).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _serve(args: argparse.Namespace) -> int:
    launcher.serve(_seed(args.seed), args.state, args.port, kubernetes=not args.no_kubernetes)
    return 0


def _down(args: argparse.Namespace) -> int:
    print("local-eks: stopped" if launcher.down(args.state) else "local-eks: nothing was running", file=sys.stderr)
    return 0


def _make_elsewhere(args: argparse.Namespace) -> int:
    seed = make_elsewhere(_seed(args.seed), args.endpoint, os.environ.get("AWS_ACCESS_KEY_ID", ACCOUNT))
    print(json.dumps(seed.names, indent=1))
    left_out = f"{sum(map(len, seed.eks.clusters.values()))} clusters, {len(seed.answers)} answers, {len(seed.patches)} patches"
    print(f"local-eks: made the steps of seed {seed.name}; left out, as only the local EKS can serve them: {left_out}", file=sys.stderr)
    return 0


def _generate(args: argparse.Namespace) -> int:
    make, write, counts = GENERATED[args.command]
    for counted, (_, least) in counts.items():
        if getattr(args, counted) < least:
            raise SeedError(f"--{counted} is at least {least}")
    if args.directory.exists():
        raise SeedError(f"{args.directory} exists")
    given = {counted: getattr(args, counted) for counted in counts}
    if args.command == "fleet":
        given["partition"] = args.partition
    write(make(args.number, **given), args.directory)
    return 0


def _status(args: argparse.Namespace) -> int:
    state = launcher.running(args.state)
    if args.json:
        print(json.dumps(state and {**state, "exports": launcher.exports(state)}, indent=1))
        return 0 if state else 1
    if not state:
        print("nothing runs")
        return 1
    print(f"seed {state['seed']}  endpoint {state['endpoint']}  pid {state['pid']}")
    for row in state["clusters"]:
        where = f"{row['endpoint']}  pid {row['pid']}" if row["endpoint"] else "no API server"
        print(f"cluster {row['name']:10} {row['region']:10} {row['version']:5} {where}")
    return 0


def _authorizer(args: argparse.Namespace) -> int:
    authorizer.write(args.out, launcher.api_server_binary(), args.number, args.count)
    return 0


COMMANDS = {
    "up": _up, "serve": _serve, "down": _down, "status": _status, "seed": _make_elsewhere, "authorizer": _authorizer,
} | dict.fromkeys(GENERATED, _generate)

if __name__ == "__main__":
    sys.exit(main())
