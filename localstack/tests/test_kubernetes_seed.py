"""The Kubernetes half of the seeds: what it expands to, and that it agrees with the AWS half."""

from __future__ import annotations

import re
import unittest
from typing import Any

import yaml

from local_eks.kubernetes_expand import expand
from local_eks.seed_kubernetes import read

from .clusters import SEEDS, names

CLUSTERS = {path.name: path for path in sorted(SEEDS.glob("*/kubernetes/*/"))}
CANARY = re.compile(r"canary-(?!6f7d9c5b8)[a-z0-9-]+|hunter2")  # not the pods of the Rollout `canary`


def objects(cluster: str) -> list[dict[str, Any]]:
    return expand(*read(CLUSTERS[cluster], names()))


def of_kind(items: list[dict[str, Any]], kind: str, namespace: str | None = None) -> dict[str, dict[str, Any]]:
    return {
        item["metadata"]["name"]: item for item in items
        if item["kind"] == kind and namespace in (None, item["metadata"].get("namespace"))
    }


class EveryCluster(unittest.TestCase):
    def test_there_are_four(self) -> None:
        self.assertEqual({"shop", "staging", "core", "vault"}, set(CLUSTERS))

    def test_nothing_is_left_to_chance(self) -> None:
        for cluster in CLUSTERS:
            self.assertEqual(objects(cluster), objects(cluster))

    def test_nothing_is_there_twice(self) -> None:
        for cluster in CLUSTERS:
            seen = [(i["apiVersion"], i["kind"], i["metadata"].get("namespace"), i["metadata"]["name"]) for i in objects(cluster)]
            self.assertEqual(len(seen), len(set(seen)), cluster)

    def test_pods_run_on_nodes_of_the_cluster_under_an_address_of_their_own(self) -> None:
        for cluster in CLUSTERS:
            made = objects(cluster)
            nodes, pods = of_kind(made, "Node"), [i for i in made if i["kind"] == "Pod"]
            self.assertTrue(all(pod["spec"]["nodeName"] in nodes for pod in pods))
            own = [pod["status"]["podIP"] for pod in pods if not pod["spec"].get("hostNetwork")]
            self.assertEqual(len(own), len(set(own)), cluster)

    def test_the_scanner_is_let_in_everywhere(self) -> None:
        for cluster in CLUSTERS:
            self.assertIn("eksray-reader", of_kind(objects(cluster), "ClusterRoleBinding"), cluster)


class Expansion(unittest.TestCase):
    def setUp(self) -> None:
        self.shop = objects("shop")

    def test_deployment(self) -> None:
        deployment = of_kind(self.shop, "Deployment")["web"]
        self.assertEqual(3, deployment["status"]["readyReplicas"])
        (replica_set,) = (i for i in self.shop if i["kind"] == "ReplicaSet" and i["metadata"]["name"].startswith("web-"))
        self.assertEqual("web", replica_set["metadata"]["ownerReferences"][0]["name"])
        pods = [i for i in self.shop if i["kind"] == "Pod" and i["metadata"]["labels"].get("app") == "web"]
        self.assertEqual(3, len(pods))
        label = replica_set["spec"]["selector"]["matchLabels"]["pod-template-hash"]
        self.assertTrue(all(pod["metadata"]["name"].startswith(f"web-{label}-") for pod in pods))

    def test_service_account(self) -> None:
        pod = next(i for i in self.shop if i["kind"] == "Pod" and i["metadata"]["labels"].get("app") == "web")
        environment = {item["name"]: item.get("value") for item in pod["spec"]["containers"][1]["env"]}
        self.assertEqual("arn:aws:iam::123456789012:role/shop-payments", environment["AWS_ROLE_ARN"])
        self.assertTrue(any(item["name"].startswith("kube-api-access-") for item in pod["spec"]["volumes"]))
        careful = next(i for i in objects("vault") if i["kind"] == "Pod" and i["metadata"]["namespace"] == "ledger")
        self.assertNotIn("volumes", careful["spec"])

    def test_a_status_in_the_seed_wins(self) -> None:
        status = of_kind(objects("staging"), "DaemonSet")["falco"]["status"]
        self.assertEqual((3, 2), (status["desiredNumberScheduled"], status["numberReady"]))

    def test_fargate(self) -> None:
        pods = of_kind(objects("core"), "Pod", "reports").values()
        self.assertEqual({"10.40.10.77", "10.40.12.77"}, {pod["status"]["podIP"] for pod in pods})
        self.assertEqual({"reports"}, {pod["metadata"]["labels"]["eks.amazonaws.com/fargate-profile"] for pod in pods})

    def test_endpoints(self) -> None:
        slices = of_kind(self.shop, "EndpointSlice", "shop").values()
        pods = {item["metadata"]["labels"]["kubernetes.io/service-name"]: len(item["endpoints"]) for item in slices}
        self.assertEqual({"web": 3, "admin-np": 3, "checkout": 1, "db": 1, "resolver": 3}, pods)


class BothHalves(unittest.TestCase):
    def steps(self, seed: str) -> list[dict[str, Any]]:
        files = sorted((SEEDS / seed / "aws").glob("*.yaml"))
        return [step for path in files for step in yaml.safe_load(path.read_text()).get("steps", ())]

    def test_every_name_is_given_by_the_account(self) -> None:
        for seed in ("careless", "careful"):
            given = {name for step in self.steps(seed) for name in step.get("as", ())}
            for cluster in (path for path in CLUSTERS.values() if path.parents[1].name == seed):
                known = {name: name for name in given} | {name: value for name, value in names().items() if name in given}
                expand(*read(cluster, known))  # raises for a name that nobody gives

    def test_targets_of_the_load_balancer_are_the_pods(self) -> None:
        targets = {
            target["Id"] for step in self.steps("careless") for target in step.get("elbv2.register_targets", {}).get("Targets", ())
            if not target["Id"].startswith("${")
        }
        pods = {i["status"]["podIP"] for i in objects("shop") if i["kind"] == "Pod" and i["metadata"]["labels"].get("app") == "web"}
        self.assertEqual(pods, targets)

    def test_canaries_are_all_listed(self) -> None:
        listed = (SEEDS / "canaries.txt").read_text().split()
        found = {value for path in SEEDS.rglob("*.yaml") for value in CANARY.findall(path.read_text())}
        self.assertEqual(sorted(found), sorted(listed))

    def test_every_literal_secret_is_a_canary(self) -> None:
        listed = set((SEEDS / "canaries.txt").read_text().split())
        for cluster in CLUSTERS:
            for item in objects(cluster):
                self.assertLessEqual(set(item.get("stringData", {}).values()), listed)
                for container in item.get("spec", {}).get("containers", ()):
                    for variable in container.get("env", ()):
                        if re.search("PASSWORD|TOKEN$|SECRET", variable["name"]) and "value" in variable:
                            self.assertIn(variable["value"], listed)


if __name__ == "__main__":
    unittest.main()
