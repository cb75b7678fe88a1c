"""EKS as the seed tells it."""

from __future__ import annotations

from botocore.exceptions import ClientError

from . import support


class Clusters(support.AccountTest):
    def test_a_cluster_has_what_moto_drops_and_nothing_invented(self) -> None:
        shop = self.client("eks").describe_cluster(name="shop")["cluster"]
        self.assertEqual(self.server.seed.names["apps-vpc"], shop["resourcesVpcConfig"]["vpcId"])
        self.assertEqual(self.server.seed.names["shop-cluster-group"], shop["resourcesVpcConfig"]["clusterSecurityGroupId"])
        self.assertEqual("CONFIG_MAP", shop["accessConfig"]["authenticationMode"])
        self.assertNotIn("encryptionConfig", shop)
        self.assertIs(False, shop["deletionProtection"])
        web = self.client("eks").describe_nodegroup(clusterName="shop", nodegroupName="web")["nodegroup"]
        self.assertNotIn("remoteAccess", web)
        self.assertNotIn("remoteAccessSecurityGroup", web["resources"])

    def test_every_cluster_has_its_own_issuer(self) -> None:
        issuers = set()
        for region, name in (("eu-west-1", "shop"), ("eu-west-1", "staging"), ("us-east-1", "core")):
            issuers.add(self.client("eks", region).describe_cluster(name=name)["cluster"]["identity"]["oidc"]["issuer"])
        self.assertEqual(3, len(issuers))

    def test_the_endpoint_is_the_api_servers(self) -> None:
        self.server.endpoints["shop"] = ("https://127.0.0.1:4444", "Q0E=")
        self.addCleanup(self.server.endpoints.clear)
        shop = self.client("eks").describe_cluster(name="shop")["cluster"]
        self.assertEqual(("https://127.0.0.1:4444", "Q0E="), (shop["endpoint"], shop["certificateAuthority"]["data"]))
        staging = self.client("eks").describe_cluster(name="staging")["cluster"]
        self.assertEqual("https://127.0.0.1:1", staging["endpoint"])

    def test_clusters_live_in_their_region(self) -> None:
        self.assertEqual(["core"], self.client("eks", "us-east-1").list_clusters()["clusters"])
        with self.assertRaises(self.client("eks").exceptions.ResourceNotFoundException) as caught:
            self.client("eks").describe_cluster(name="core")
        self.assertEqual("No cluster found for name: core.", caught.exception.response["message"])

    def test_what_is_not_there(self) -> None:
        eks = self.client("eks")
        for call, params in (
            (eks.describe_nodegroup, {"nodegroupName": "x"}),
            (eks.describe_addon, {"addonName": "x"}),
            (eks.describe_access_entry, {"principalArn": "arn:aws:iam::123456789012:role/x"}),
            (eks.describe_pod_identity_association, {"associationId": "a-x"}),
            (eks.describe_identity_provider_config, {"identityProviderConfig": {"type": "oidc", "name": "x"}}),
        ):
            with self.assertRaises(eks.exceptions.ResourceNotFoundException):
                call(clusterName="staging", **params)

    def test_writes_are_refused(self) -> None:
        with self.assertRaisesRegex(ClientError, "The local EKS serves no eks:DeleteCluster"):
            self.client("eks").delete_cluster(name="shop")


class Access(support.AccountTest):
    def test_access_entries_need_a_mode_that_has_them(self) -> None:
        with self.assertRaisesRegex(ClientError, r"authentication mode must be set to one of \[API, API_AND_CONFIG_MAP\]"):
            self.client("eks").list_access_entries(clusterName="shop")

    def test_principals_with_slashes(self) -> None:
        eks, principal = self.client("eks", "us-east-1"), self.server.seed.names["core-admin-role"]
        self.assertIn("/aws-reserved/sso.amazonaws.com/", principal)
        entry = eks.describe_access_entry(clusterName="core", principalArn=principal)["accessEntry"]
        self.assertNotIn("policies", entry)
        policies = eks.list_associated_access_policies(clusterName="core", principalArn=principal)
        self.assertEqual("cluster", policies["associatedAccessPolicies"][0]["accessScope"]["type"])

    def test_entries_of_a_policy(self) -> None:
        policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
        found = self.client("eks").list_access_entries(clusterName="staging", associatedPolicyArn=policy)["accessEntries"]
        self.assertEqual(["dev", "bob"], [arn.rpartition("/")[2] for arn in found])

    def test_pod_identity_filters(self) -> None:
        eks = self.client("eks")
        self.assertEqual(1, len(eks.list_pod_identity_associations(clusterName="staging", namespace="staging")["associations"]))
        self.assertEqual([], eks.list_pod_identity_associations(clusterName="staging", namespace="x")["associations"])


class Catalogues(support.AccountTest):
    def test_versions(self) -> None:
        eks = self.client("eks")
        asked = eks.describe_cluster_versions(clusterVersions=["1.30", "1.34"])["clusterVersions"]
        self.assertEqual(["UNSUPPORTED", "STANDARD_SUPPORT"], [v["versionStatus"] for v in asked])
        self.assertNotIn("1.30", [v["clusterVersion"] for v in eks.describe_cluster_versions()["clusterVersions"]])
        self.assertIn("1.30", [v["clusterVersion"] for v in eks.describe_cluster_versions(includeAll=True)["clusterVersions"]])

    def test_addon_versions(self) -> None:
        found = self.client("eks").describe_addon_versions(addonName="kube-proxy", kubernetesVersion="1.32")["addons"]
        self.assertEqual(["v1.32.9-eksbuild.2"], [v["addonVersion"] for v in found[0]["addonVersions"]])
