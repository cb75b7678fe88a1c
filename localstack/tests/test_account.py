"""The account as clients see it: who they are, which regions there are, how lists are paged, what moto got wrong."""

from __future__ import annotations

import unittest

import boto3
from botocore.exceptions import ClientError

from local_eks.account import Account
from local_eks.seed import SeedError, StepRunner, substitute

from . import support


class Identity(support.AccountTest):
    def test_each_key_has_its_owner(self) -> None:
        for who in ("scanner", "bob"):
            arn = self.client("sts", who=who).get_caller_identity()["Arn"]
            self.assertEqual(f"arn:aws:iam::123456789012:user/{who}", arn)

    def test_assumed_roles(self) -> None:
        role = "arn:aws:iam::123456789012:role/auditor"
        key = self.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        sts = support.client(self.server.url, key, "sts", "eu-west-1")
        self.assertEqual("arn:aws:sts::123456789012:assumed-role/auditor/test", sts.get_caller_identity()["Arn"])
        caller = Account(self.server, {}).caller(key["AccessKeyId"])
        self.assertEqual((role, key["SecretAccessKey"]), (caller.principal_arn, caller.secret_key))

    def test_other_accounts_are_empty(self) -> None:
        role = "arn:aws:iam::999999999999:role/anything"
        key = self.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        self.assertEqual([], support.client(self.server.url, key, "eks", "eu-west-1").list_clusters()["clusters"])
        self.assertEqual([], support.client(self.server.url, key, "ec2", "eu-west-1").describe_instances()["Reservations"])

    def test_unknown_keys_are_refused(self) -> None:
        key = {"AccessKeyId": "AKIAUNKNOWN000000000", "SecretAccessKey": "x"}
        for service, method, code in (
            ("sts", "get_caller_identity", "InvalidClientTokenId"),
            ("ec2", "describe_regions", "AuthFailure"),
            ("eks", "list_clusters", "UnrecognizedClientException"),
        ):
            with self.assertRaises(ClientError) as caught:
                getattr(support.client(self.server.url, key, service, "eu-west-1"), method)()
            self.assertEqual(code, caught.exception.response["Error"]["Code"])

    def test_what_the_login_asks(self) -> None:
        account = Account(self.server, {})
        self.assertIsNone(account.caller("AKIAUNKNOWN000000000"))
        self.assertIsNone(account.cluster("nowhere"))
        staging = account.cluster("staging")
        self.assertEqual(("eu-west-1", "API_AND_CONFIG_MAP"), (staging.region, staging.authentication_mode))
        entries = {entry.principal_arn.rpartition("/")[2]: entry for entry in staging.access_entries}
        self.assertEqual(("eksray-readers",), entries["scanner"].groups)
        self.assertEqual("arn:aws:sts::123456789012:assumed-role/dev/{{SessionName}}", entries["dev"].username)
        self.assertEqual("cluster", entries["bob"].policies[0].scope)
        node = self.server.seed.names
        self.assertEqual("ip-10-20-0-11.eu-west-1.compute.internal", account.instance_private_dns_name(node["shop-web-1.id"]))
        self.assertIsNone(account.instance_private_dns_name("i-00000000000000000"))


class Regions(support.AccountTest):
    def test_those_of_the_seed(self) -> None:
        ec2 = self.client("ec2")
        names = lambda **params: [r["RegionName"] for r in ec2.describe_regions(**params)["Regions"]]  # noqa: E731
        self.assertEqual(["eu-west-1", "us-east-1"], names())
        self.assertEqual(["eu-west-1", "us-east-1", "me-central-1"], names(AllRegions=True))
        self.assertEqual(["us-east-1"], names(RegionNames=["us-east-1"]))
        opted_out = {"Name": "opt-in-status", "Values": ["not-opted-in"]}
        self.assertEqual(["me-central-1"], names(AllRegions=True, Filters=[opted_out]))

    def test_others_know_nobody(self) -> None:
        with self.assertRaisesRegex(ClientError, "UnrecognizedClientException"):
            self.client("eks", "me-central-1").list_clusters()


class Paging(support.AccountTest):
    def pages(self, service: str, method: str, result: str, size: int, **params) -> list[int]:
        paginator = self.client(service).get_paginator(method)
        found = paginator.paginate(PaginationConfig={"PageSize": size}, **params)
        return [len(page[result]) for page in found]

    def test_every_protocol_obeys_its_limit(self) -> None:
        self.assertEqual([5, 2], self.pages("ec2", "describe_subnets", "Subnets", 5))
        self.assertEqual([2, 1], self.pages("ec2", "describe_launch_template_versions", "LaunchTemplateVersions", 2, Versions=["$Latest"]))
        self.assertEqual([2, 1], self.pages("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", 2))
        self.assertEqual([1, 1], self.pages("elbv2", "describe_load_balancers", "LoadBalancers", 1))
        self.assertEqual([1], self.pages("logs", "describe_log_groups", "logGroups", 1))
        self.assertEqual([1, 1], self.pages("eks", "list_clusters", "clusters", 1))
        self.assertEqual([2, 2, 1], self.pages("eks", "list_addons", "addons", 2, clusterName="shop"))

    def test_iam_pages_across_its_lists(self) -> None:
        pages = list(self.client("iam").get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 4}))
        sizes = [sum(len(page[k]) for k in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")) for page in pages]
        self.assertEqual([4] * (len(sizes) - 1), sizes[:-1])
        self.assertEqual([True] * (len(pages) - 1) + [False], [page["IsTruncated"] for page in pages])

    def test_a_token_is_good_for_its_own_list_only(self) -> None:
        token = self.client("ec2").describe_subnets(MaxResults=5)["NextToken"]
        with self.assertRaisesRegex(ClientError, "InvalidNextToken"):
            self.client("ec2").describe_vpcs(NextToken=token)


class Repairs(support.AccountTest):
    def test_private_instances_have_no_association(self) -> None:
        legacy = self.server.seed.names["shop-legacy-1.id"]
        found = self.client("ec2").describe_instances(InstanceIds=[legacy])["Reservations"][0]["Instances"][0]
        self.assertNotIn("Association", found["NetworkInterfaces"][0])
        web = self.server.seed.names["shop-web-1.id"]
        found = self.client("ec2").describe_instances(InstanceIds=[web])["Reservations"][0]["Instances"][0]
        self.assertTrue(found["NetworkInterfaces"][0]["Association"]["PublicIp"])

    def test_managed_instances(self) -> None:
        found = self.client("ec2", "us-east-1").describe_instances()["Reservations"]
        self.assertEqual([True, True], [i["Operator"]["Managed"] for r in found for i in r["Instances"]])

    def test_times_are_the_seeds(self) -> None:
        for role in self.client("iam").get_account_authorization_details(Filter=["Role"])["RoleDetailList"]:
            self.assertEqual(self.server.seed.epoch, role["CreateDate"])

    def test_every_network_acl_ends_with_a_deny(self) -> None:
        for acl in self.client("ec2", "us-east-1").describe_network_acls()["NetworkAcls"]:
            last = [entry["Egress"] for entry in acl["Entries"] if entry["RuleNumber"] == 32767]
            self.assertEqual([False, True], sorted(last))

    def test_what_is_not_emulated_says_so(self) -> None:
        with self.assertRaisesRegex(ClientError, "does not emulate ec2:GetSerialConsoleAccessStatus"):
            self.client("ec2").get_serial_console_access_status()


class SeedFiles(unittest.TestCase):
    def test_references(self) -> None:
        names = {"a": ["x"], "b.id": "i-1"}
        self.assertEqual({"k": ["x"], "t": "n i-1"}, substitute({"k": "${a}", "t": "n ${b.id}"}, names))
        self.assertEqual("${aws:username}", substitute("${aws:username}", names))  # IAM's own, left alone
        with self.assertRaisesRegex(ValueError, "not the name of anything"):
            substitute("${c}", names)

    def test_errors_name_the_file_and_step(self) -> None:
        client = lambda service, region: boto3.client(service, region, aws_access_key_id="x", aws_secret_access_key="x")  # noqa: E731
        runner = StepRunner(client, lambda label: None, {})
        with self.assertRaisesRegex(SeedError, "10-x.yaml, step ec2.create_subnet"):
            runner.step("10-x.yaml", "eu-west-1", {"ec2.create_subnet": {}})
