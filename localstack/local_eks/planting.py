"""Weaknesses planted at random in a seed that is made from a number, and where they are."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import yaml


@dataclass
class Planted:
    """What is planted must be found, and nothing else of its kind."""

    weaknesses: ClassVar[Mapping[str, float]]
    """Rules, and how likely one subject of theirs fails."""

    number: int
    expected: dict[str, list[str]] = field(init=False, default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.random = random.Random(self.number)

    def plant(self, rule: str, subject: str) -> bool:
        """Whether the weakness is planted; if so, it is expected to be found."""
        if planted := self.random.random() < self.weaknesses[rule]:
            self.expected[rule].append(subject)
        return planted

    def write_expected(self, directory: Path) -> None:
        found = {rule: sorted(self.expected[rule]) for rule in sorted(self.weaknesses)}
        (directory / "expected.yaml").write_text(as_yaml(found))


def as_yaml(content: Any) -> str:
    return yaml.dump(content, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False, width=160)
