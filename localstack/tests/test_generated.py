"""Seeds made from a number: the same number gives the same bytes, counts are kept, every ARN is of the partition."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import yaml

from local_eks import fleet, population


def _files(directory: Path) -> dict[str, str]:
    return {str(path.relative_to(directory)): path.read_text() for path in sorted(directory.rglob("*.yaml"))}


class Generated(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def fleet(self, name: str, number: int, partition: str = "aws") -> dict[str, str]:
        fleet.write(fleet.Fleet(number, clusters=3, nodes=25, roles=20, others=4, partition=partition), self.folder / name)
        return _files(self.folder / name)

    def test_a_number_gives_the_same_bytes(self) -> None:
        self.assertEqual(self.fleet("a", 1), self.fleet("b", 1))
        self.assertNotEqual(self.fleet("c", 1), self.fleet("d", 2))

    def test_counts_are_kept(self) -> None:
        files = [yaml.safe_load(text) for name, text in self.fleet("a", 1).items() if name.startswith("aws/")]
        self.assertEqual(sum("cluster" in file for file in files), 3)
        runs = [step["ec2.run_instances"] for file in files for step in file["steps"] if "ec2.run_instances" in step]
        self.assertEqual(sum(run["MaxCount"] for run in runs), 25 + 4)
        roles = [step for file in files for step in file["steps"] if "iam.create_role" in step]
        self.assertEqual(len(roles), 20 + 1, "and the role of all control planes")

    def test_arns_are_of_the_partition(self) -> None:
        for partition in fleet.REGIONS:
            text = "".join(self.fleet(partition, 3, partition).values())
            self.assertIn(f"arn:{partition}:", text)
            self.assertEqual(text.count("arn:"), text.count(f"arn:{partition}:"))

    def test_pods_are_counted_and_weak_ones_are_where_they_may_be(self) -> None:
        made = population.Population(3, pods=50, owners=20, namespaces=5)
        population.write(made, self.folder / "population")
        pods = [item["pods"] for item in made.objects if "pods" in item]
        self.assertEqual((len(pods), sum(pods)), (20, 50))
        bare = {name.rpartition("/")[2] for name in made.expected["namespace-pod-security-unenforced"]}
        weak = {name.split("/")[-2] for name in made.expected["pod-host-network"]}
        self.assertLessEqual(weak, bare)


if __name__ == "__main__":
    unittest.main()
