"""A real API server, seeded with cluster shop, as the scanner meets it: by presigned tokens over TLS."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

import yaml

from local_eks import api_servers, seed_kubernetes
from local_eks.api_servers import ApiServer, ApiServerError
from local_eks.kube_client import KubeClient, KubeError
from local_eks.kubernetes_faults import KubernetesFaults
from local_eks.world import Caller

from . import clusters
from .test_login import ACCOUNT, BOB, IAM, FakeWorld
from .tokens import presigned, token

SCANNER = {"AccessKeyId": "AKIASCANNER000000000", "SecretAccessKey": "scanners-secret"}
BOB_AS_SEEDED = Caller(f"{IAM}:user/bob", ACCOUNT, "AIDABOB", f"{IAM}:user/bob", BOB["SecretAccessKey"])
SCANNER_AS_SEEDED = Caller(f"{IAM}:user/scanner", ACCOUNT, "AIDASCANNER", f"{IAM}:user/scanner", SCANNER["SecretAccessKey"])
PODS = "/api/v1/pods"
AWS_AUTH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"


class SeededCluster(unittest.TestCase):
    server: ApiServer

    @classmethod
    def setUpClass(cls) -> None:
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        webhook = clusters.LoginServer(cls._world)
        cls.addClassCleanup(webhook.stop)
        cls.server = api_servers.start({"shop": "1.32"}, Path(directory.name), webhook.url, clusters.binary())["shop"]
        cls.addClassCleanup(cls.server.stop)
        seed_kubernetes.apply(cls.server, clusters.SEEDS / "careless", clusters.names())

    @classmethod
    def _world(cls) -> FakeWorld:
        callers = {BOB["AccessKeyId"]: BOB_AS_SEEDED, SCANNER["AccessKeyId"]: SCANNER_AS_SEEDED}
        return FakeWorld("CONFIG_MAP", config=cls.server.aws_auth(), callers=callers)

    def client(self, key: dict[str, str] | None = SCANNER, cluster: str = "shop", timeout: float = 30) -> KubeClient:
        text = token(presigned(key, cluster)) if key else None
        client = KubeClient(self.server.endpoint, self.server.ca_pem, text, timeout)
        self.addCleanup(client.close)
        return client

    def refused(self, client: KubeClient, path: str) -> int:
        with self.assertRaises(KubeError) as caught:
            client.get(path)
        return caught.exception.status


class Login(SeededCluster):
    def test_the_scanner_reads_its_list_and_no_more(self) -> None:
        client = self.client()
        self.assertEqual(29, len(client.get(PODS)["items"]))
        self.assertEqual(403, self.refused(client, "/api/v1/secrets"))
        self.assertEqual(403, self.refused(client, "/api/v1/namespaces/shop/configmaps/settings"))
        self.assertIn("mapRoles", client.get(AWS_AUTH)["data"])

    def test_everything_on_the_list_can_be_listed(self) -> None:
        client = self.client()
        documents = yaml.safe_load_all((seed_kubernetes.SHARED / "eksray-reader.yaml").read_text())
        rules = next(item for item in documents if item["kind"] == "ClusterRole")["rules"]
        served = {group["name"]: group["preferredVersion"]["groupVersion"] for group in client.get("/apis")["groups"]}
        listed = 0
        for group, resources in ((group, rule["resources"]) for rule in rules for group in rule["apiGroups"]):
            if group and group not in served:
                continue  # its definitions are not installed in this cluster
            root = f"/apis/{served[group]}" if group else "/api/v1"
            here = {item["name"] for item in client.get(root)["resources"]}
            for resource in here & set(resources):
                self.assertIn("items", client.get(f"{root}/{resource}?limit=1"), resource)
                listed += 1
        self.assertGreater(listed, 25)

    def test_who_is_who(self) -> None:
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        user = self.client(BOB).request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", review)["status"]["userInfo"]
        self.assertEqual(("bob", ["system:masters", "system:authenticated"]), (user["username"], user["groups"]))
        self.client(BOB).get("/api/v1/secrets")

    def test_bad_tokens_get_401(self) -> None:
        self.assertEqual(401, self.refused(self.client(cluster="staging"), PODS))
        self.assertEqual(401, self.refused(self.client({**SCANNER, "SecretAccessKey": "guess"}), PODS))

    def test_without_a_token_only_health_is_told(self) -> None:
        nobody = self.client(None)
        nobody.request("GET", "/readyz")
        self.assertEqual(401, self.refused(nobody, "/version"))
        self.assertEqual(401, self.refused(nobody, PODS))

    def test_a_changed_mapping_counts_at_once(self) -> None:
        client, admin = self.client(), self.server.admin
        client.get(PODS)
        before = admin.get(AWS_AUTH)["data"]
        admin.request("PATCH", AWS_AUTH, {"data": {"mapUsers": "[]"}}, "application/merge-patch+json")
        self.addCleanup(admin.request, "PATCH", AWS_AUTH, {"data": before}, "application/merge-patch+json")
        self.assertEqual(401, self.refused(client, PODS))

    def test_the_audit_log_tells_who_did_what(self) -> None:
        self.client().get(f"{PODS}?limit=1")
        lines = [json.loads(line) for line in self.server.audit_log.read_text().splitlines()]
        scanner = [line for line in lines if line["user"].get("username") == "scanner"]
        calls = {(x["verb"], x.get("objectRef", {}).get("resource"), x["responseStatus"]["code"]) for x in scanner}
        self.assertIn(("list", "pods", 200), calls)
        self.assertLessEqual({line["verb"] for line in scanner}, {"get", "list"})
        self.assertTrue(all("requestObject" not in line and "responseObject" not in line for line in lines))


class Seeded(SeededCluster):
    def test_version(self) -> None:
        version = self.server.admin.get("/version")
        self.assertEqual(("1", "32", "v1.32.9-eks-1a2b3c4"), (version["major"], version["minor"], version["gitVersion"]))

    def test_owner_chain(self) -> None:
        get = self.server.admin.get
        pod = next(item for item in get("/api/v1/namespaces/shop/pods")["items"] if item["metadata"]["labels"].get("app") == "web")
        replica_set = self._owner(pod, get("/apis/apps/v1/namespaces/shop/replicasets"))
        self.assertEqual("web", self._owner(replica_set, get("/apis/apps/v1/namespaces/shop/deployments"))["metadata"]["name"])
        self.assertEqual("Running", pod["status"]["phase"])
        node = get(f"/api/v1/nodes/{pod['spec']['nodeName']}")
        self.assertRegex(node["spec"]["providerID"], r"^aws:///eu-west-1[ab]/i-[0-9a-f]{17}$")

    def _owner(self, item: dict[str, Any], candidates: dict[str, Any]) -> dict[str, Any]:
        uid = item["metadata"]["ownerReferences"][0]["uid"]
        return next(candidate for candidate in candidates["items"] if candidate["metadata"]["uid"] == uid)

    def test_aggregated_roles_are_filled(self) -> None:
        view = self.server.admin.get("/apis/rbac.authorization.k8s.io/v1/clusterroles/view")
        self.assertGreater(len(view["rules"]), 5)

    def test_seeding_again_changes_nothing(self) -> None:
        before = self._everything()
        seed_kubernetes.apply(self.server, clusters.SEEDS / "careless", clusters.names())
        self.assertEqual(before, self._everything())

    def _everything(self) -> dict[str, Any]:
        """All that a scanner might list, without the server's bookkeeping of who applied what when."""
        kinds = ("/api/v1/nodes", "/api/v1/services", "/api/v1/serviceaccounts", "/apis/apps/v1/deployments", "/apis/apps/v1/daemonsets")
        found = {}
        for item in (item for path in (PODS, *kinds) for item in self.server.admin.get(path)["items"]):
            item["metadata"] = {key: value for key, value in item["metadata"].items() if key not in ("managedFields", "resourceVersion")}
            found[item["metadata"]["uid"]] = item
        return found


class Faults(SeededCluster):
    def setUp(self) -> None:
        self.faults = KubernetesFaults(self.server)
        self.addCleanup(self.faults.reset)

    def test_forbid(self) -> None:
        client = self.client()
        self.faults.forbid("", "pods")
        self._eventually(lambda: self.refused(client, PODS) == 403)
        client.get("/api/v1/nodes")
        self.faults.forbid("external-secrets.io", "*")
        self.faults.reset()
        self._eventually(lambda: client.get(PODS))
        role = self.server.admin.get("/apis/rbac.authorization.k8s.io/v1/clusterroles/eksray-reader")
        self.assertIn("external-secrets.io", [group for rule in role["rules"] for group in rule["apiGroups"]])

    def _eventually(self, holds: Any) -> None:
        """The authorizer sees a changed role a moment later."""
        deadline = time.monotonic() + 5
        while True:
            try:
                if holds():
                    return
            except (KubeError, AssertionError):
                pass
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def test_throttle(self) -> None:
        self.faults.throttle("/pods", times=1)
        with self.assertRaises(KubeError) as caught:
            self.client().get(PODS)
        self.assertEqual((429, "TooManyRequests"), (caught.exception.status, caught.exception.body["reason"]))
        self.client().get(PODS)

    def test_expire(self) -> None:
        client = self.client()
        self.faults.expire("/pods")
        first = client.get(f"{PODS}?limit=5")
        self.assertEqual(5, len(first["items"]))
        self.assertEqual(410, self.refused(client, f"{PODS}?limit=5&continue={first['metadata']['continue']}"))
        self.faults.reset()
        client.get(f"{PODS}?limit=5&continue={first['metadata']['continue']}")

    def test_black_hole(self) -> None:
        self.faults.black_hole("/nodes")
        with self.assertRaises(TimeoutError):
            self.client(timeout=0.5).get("/api/v1/nodes")
        self.client().get(PODS)


class Process(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.state = Path(directory.name)

    def test_a_server_that_does_not_start_says_so(self) -> None:
        with self.assertRaisesRegex(ApiServerError, "cluster broken ended at its start"):
            api_servers.start({"broken": "1.35"}, self.state, "http://127.0.0.1:1", Path("/bin/false"))

    def test_it_ends_with_whoever_started_it(self) -> None:
        script = (
            "import sys, pathlib, time; from local_eks import api_servers as a\n"
            "s = a.start({'core': '1.35'}, pathlib.Path(sys.argv[1]), 'http://127.0.0.1:1', pathlib.Path(sys.argv[2]))\n"
            "print(s['core'].pid, flush=True); time.sleep(60)"
        )
        parent = subprocess.Popen(
            [sys.executable, "-c", script, str(self.state), str(clusters.binary())],
            stdout=subprocess.PIPE, text=True, cwd=clusters.ROOT,
        )
        self.addCleanup(parent.stdout.close)
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        deadline = time.monotonic() + 10
        while self._runs(pid):
            self.assertLess(time.monotonic(), deadline, "the API server outlived its parent")
            time.sleep(0.05)

    def _runs(self, pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        # In a container nobody may collect what is left of an orphan.
        return not subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.startswith("Z")


if __name__ == "__main__":
    unittest.main()
