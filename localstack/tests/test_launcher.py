"""`up`, `status` and `down`, as a user runs them; without API servers."""

from __future__ import annotations

import functools
import json
import os
import shlex
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from local_eks.launcher import is_alive

from . import support
from .scan import scan

PACKAGE = Path(__file__).parents[1]


class Launcher(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.directory = Path(holder.name)

    def run_it(self, *words: str, state: str = "state") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "local_eks", *words, "--state", str(self.directory / state)]
        return subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(PACKAGE)})

    def up(self, seed: str, state: str = "state") -> dict[str, str]:
        """What `up` says to export."""
        self.addCleanup(self.run_it, "down", state=state)
        done = self.run_it("up", "--no-kubernetes", "--seed", seed, state=state)
        self.assertEqual(0, done.returncode, done.stderr)
        words = [word for line in done.stdout.splitlines() if line.startswith("export ") for word in shlex.split(line)[1:]]
        return dict(word.split("=", 1) for word in words)

    def scan(self, exports: dict[str, str]) -> dict:
        key = {"AccessKeyId": exports["AWS_ACCESS_KEY_ID"], "SecretAccessKey": exports["AWS_SECRET_ACCESS_KEY"]}
        return scan(functools.cache(lambda service, region: support.client(exports["AWS_ENDPOINT_URL"], key, service, region)))

    def test_its_life(self) -> None:
        exports = self.up("careful")
        self.assertEqual(
            {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION", "LOCAL_EKS_CONTROL"},
            set(exports),
        )
        with self.subTest("up again changes nothing"):
            self.assertEqual(exports, self.up("careful"))
        with self.subTest("another seed needs another place"):
            refused = self.run_it("up", "--no-kubernetes", "--seed", "careless")
            self.assertEqual(1, refused.returncode)
            self.assertIn("seed careful is running", refused.stderr)
        state = json.loads(self.run_it("status", "--json").stdout)
        self.assertEqual(["vault"], [cluster["name"] for cluster in state["clusters"]])
        self.assertEqual(0, self.run_it("down").returncode)
        with self.subTest("nothing is left"):
            self.assertEqual([], list(self.directory.iterdir()))
            self.assertFalse(is_alive(state["pid"]))
            self.assertEqual(1, self.run_it("status").returncode)
            self.assertIn("nothing was running", self.run_it("down").stderr)

    def test_two_of_a_seed_are_alike(self) -> None:
        first, second = self.up("careless", "one"), self.up("careless", "two")
        self.assertEqual(first["AWS_ACCESS_KEY_ID"], second["AWS_ACCESS_KEY_ID"])
        self.assertNotEqual(first["AWS_ENDPOINT_URL"], second["AWS_ENDPOINT_URL"])
        one, two = self.scan(first), self.scan(second)
        self.assertEqual(one.keys(), two.keys())
        for call in one:
            with self.subTest(call):
                self.assertEqual(one[call], two[call])

    def test_a_wrong_seed_is_said_in_a_line(self) -> None:
        refused = self.run_it("up", "--no-kubernetes", "--seed", "nowhere")
        self.assertEqual(1, refused.returncode)
        self.assertEqual("local-eks: no seed nowhere: neither one of careful, careless, nor a directory with aws/*.yaml in it\n", refused.stderr)
