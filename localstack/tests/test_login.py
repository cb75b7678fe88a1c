"""Who gets into a cluster, as whom, and who does not: every refusal and every mapping of the token webhook."""

from __future__ import annotations

import unittest
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from local_eks import login
from local_eks.world import AccessEntry, AssociatedPolicy, Caller, ClusterLogin

from .tokens import PREFIX, changed, presigned, token

ACCOUNT = "123456789012"
IAM, STS = f"arn:aws:iam::{ACCOUNT}", f"arn:aws:sts::{ACCOUNT}"
BOB = {"AccessKeyId": "AKIABOB0000000000000", "SecretAccessKey": "bobs/secret+key"}
DEV = {"AccessKeyId": "ASIADEV0000000000000", "SecretAccessKey": "devs-secret", "SessionToken": "devs//session+token=="}
NODE = {"AccessKeyId": "ASIANODE000000000000", "SecretAccessKey": "nodes-secret", "SessionToken": "nodes-session"}
INSTANCE = "i-0123456789abcdef0"
DNS = "ip-10-0-0-1.eu-west-1.compute.internal"
ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


def _callers() -> dict[str, Caller]:
    return {
        BOB["AccessKeyId"]: Caller(f"{IAM}:user/ops/bob", ACCOUNT, "AIDABOB", f"{IAM}:user/ops/bob", BOB["SecretAccessKey"]),
        DEV["AccessKeyId"]: Caller(
            f"{STS}:assumed-role/dev/alice@example.com", ACCOUNT, "AROADEV:alice@example.com", f"{IAM}:role/team/dev",
            DEV["SecretAccessKey"], DEV["SessionToken"],
        ),
        NODE["AccessKeyId"]: Caller(
            f"{STS}:assumed-role/node/{INSTANCE}", ACCOUNT, f"AROANODE:{INSTANCE}", f"{IAM}:role/node",
            NODE["SecretAccessKey"], NODE["SessionToken"],
        ),
    }


@dataclass
class FakeWorld:
    mode: str = "API_AND_CONFIG_MAP"
    entries: tuple[AccessEntry, ...] = ()
    config: dict[str, str] | None = None
    region: str = "eu-west-1"
    callers: dict[str, Caller] = field(default_factory=_callers)
    later: timedelta = timedelta()

    def caller(self, access_key: str) -> Caller | None:
        return self.callers.get(access_key)

    def cluster(self, name: str) -> ClusterLogin | None:
        return ClusterLogin(name, self.region, self.mode, self.entries) if name == "shop" else None

    def aws_auth(self, name: str) -> dict[str, str] | None:
        return self.config

    def instance_private_dns_name(self, instance_id: str) -> str | None:
        return DNS if instance_id == INSTANCE else None

    def now(self) -> datetime:
        return datetime.now(timezone.utc) + self.later


ENTRY = AccessEntry(f"{IAM}:user/ops/bob", "STANDARD", "bob", ("readers",))


def review(text: str, world: FakeWorld, cluster: str = "shop") -> dict[str, Any]:
    answer = login.review({"spec": {"token": text}}, cluster, world)
    assert (answer["apiVersion"], answer["kind"]) == ("authentication.k8s.io/v1", "TokenReview")
    return answer["status"]


def user(world: FakeWorld, key: dict[str, str] = BOB) -> tuple[str, list[str]] | None:
    """Username and groups that the key gets; None when nobody is let in for being unmapped."""
    status = review(token(presigned(key, "shop")), world)
    if status["authenticated"]:
        return status["user"]["username"], status["user"]["groups"]
    assert "not mapped" in status["error"], status["error"]
    return None


class Refusals(unittest.TestCase):
    def setUp(self) -> None:
        self.world = FakeWorld(entries=(ENTRY,))
        self.url = presigned(BOB, "shop")

    def refused(self, text: str, reason: str) -> None:
        status = review(text, self.world)
        self.assertFalse(status["authenticated"])
        self.assertIn(reason, status["error"])

    def test_a_good_token_is_let_in(self) -> None:
        status = review(token(self.url), self.world)
        self.assertTrue(status["authenticated"], status)
        self.assertEqual(f"aws-iam-authenticator:{ACCOUNT}:AIDABOB", status["user"]["uid"])
        self.assertEqual([f"{IAM}:user/ops/bob"], status["user"]["extra"]["arn"])

    def test_shape(self) -> None:
        self.refused(token(self.url).removeprefix(PREFIX), "does not start with")
        self.refused(PREFIX + "!!!", "not base64url")
        self.refused(PREFIX + "YWJj=", "padded")
        self.refused(PREFIX + "/" * 5000, "longer than")
        self.refused("", "does not start with")

    def test_url(self) -> None:
        self.refused(token(self.url.replace("https:", "http:")), "not https")
        self.refused(token(presigned(BOB, "shop", action="AssumeRole")), "not 'GetCallerIdentity'")
        self.refused(token(presigned(BOB, "shop", path="/x")), "not '/'")
        self.refused(token(self.url + "&X-Amz-Date=20260101T000000Z"), "given twice")
        self.refused(token(self.url + "&x-amz-date=20260101T000000Z"), "given twice")
        self.refused(token(self.url + "&Evil=1"), "unknown parameter")
        self.refused(token(self.url.partition("&X-Amz-Signature")[0]), "lacks x-amz-signature")

    def test_hosts(self) -> None:
        for host in ("sts.example.com", "sts.eu-west-1.amazonaws.com.evil.com", "sts.cn-north-1.amazonaws.com.cn",
                     "sts.us-gov-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com", "sts.eu-west-1.amazonaws.com:8443"):
            self.refused(token(presigned(BOB, "shop", host=host)), "is not STS of partition aws")
        self.world.region = "cn-north-1"
        self.refused(token(self.url), "is not STS of partition aws-cn")
        self.refused(token(presigned(BOB, "shop", "us-east-1", host="sts.amazonaws.com")), "is not STS")

    def test_good_hosts(self) -> None:
        for region, host in (
            ("eu-west-1", None), ("us-east-1", None), ("us-east-1", "sts.amazonaws.com"), ("us-east-1", "sts-fips.us-east-1.amazonaws.com"),
        ):
            self.assertTrue(review(token(presigned(BOB, "shop", region, host)), self.world)["authenticated"], host)
        self.world.region = "cn-north-1"
        china = presigned(BOB, "shop", "cn-northwest-1", "sts.cn-northwest-1.amazonaws.com.cn")
        self.assertTrue(review(token(china), self.world)["authenticated"])

    def test_region_of_the_signature_must_be_the_hosts(self) -> None:
        self.refused(token(presigned(BOB, "shop", "us-east-1", host="sts.eu-west-1.amazonaws.com")), "credential scope")

    def test_cluster(self) -> None:
        self.refused(token(presigned(BOB, None)), "x-k8s-aws-id is not among the signed headers")
        self.refused(token(presigned(BOB, "staging")), "made for another cluster")
        self.assertIn("no cluster", review(token(self.url), self.world, "nowhere")["error"])

    def test_age(self) -> None:
        self.world.later = timedelta(minutes=14)
        self.assertTrue(review(token(self.url), self.world)["authenticated"], "an expiry of 60 s does not count")
        self.world.later = timedelta(minutes=16)
        self.refused(token(self.url), "too old")
        self.world.later = -timedelta(minutes=6)
        self.refused(token(self.url), "from the future")
        self.world.later = timedelta()
        self.refused(token(presigned(BOB, "shop", expires=901)), "X-Amz-Expires")
        self.refused(token(changed(self.url, X_Amz_Expires="-1")), "X-Amz-Expires")
        self.refused(token(changed(self.url, X_Amz_Date="yesterday")), "X-Amz-Date")

    def test_signature(self) -> None:
        self.refused(token(changed(self.url, X_Amz_Expires="61")), "signature does not match")
        self.refused(token(changed(self.url, X_Amz_Signature="0" * 64)), "signature does not match")
        self.refused(token(presigned({**BOB, "SecretAccessKey": "guess"}, "shop")), "signature does not match")

    def test_keys(self) -> None:
        self.refused(token(presigned({**BOB, "AccessKeyId": "AKIANOBODY"}, "shop")), "nobody owns")
        self.refused(token(presigned({**DEV, "SessionToken": "other"}, "shop")), "X-Amz-Security-Token")
        self.refused(token(presigned({**BOB, "SessionToken": "surplus"}, "shop")), "X-Amz-Security-Token")

    def test_unmapped(self) -> None:
        self.refused(token(presigned(DEV, "shop")), "is not mapped")


class AccessEntries(unittest.TestCase):
    def test_standard(self) -> None:
        self.assertEqual(("bob", ["readers"]), user(FakeWorld("API", (ENTRY,))))
        self.assertIsNone(user(FakeWorld("CONFIG_MAP", (ENTRY,))), "access entries do not count in this mode")

    def test_session_name(self) -> None:
        dev = AccessEntry(f"{IAM}:role/team/dev", "STANDARD", "dev:{{SessionName}}", ("g-{{AccountID}}",))
        self.assertEqual(("dev:alice-example.com", [f"g-{ACCOUNT}"]), user(FakeWorld("API", (dev,)), DEV))

    def test_default_usernames(self) -> None:
        role = AccessEntry(f"{IAM}:role/team/dev", "STANDARD", "")
        self.assertEqual((f"{STS}:assumed-role/dev/alice-example.com", []), user(FakeWorld("API", (role,)), DEV))
        self.assertEqual((f"{IAM}:user/ops/bob", ["readers"]), user(FakeWorld("API", (replace(ENTRY, username=""),))))

    def test_path_counts(self) -> None:
        without = AccessEntry(f"{IAM}:role/dev", "STANDARD", "dev")
        self.assertIsNone(user(FakeWorld("API", (without,)), DEV))

    def test_nodes(self) -> None:
        for kind in ("EC2_LINUX", "EC2_WINDOWS", "EC2"):
            world = FakeWorld("API", (AccessEntry(f"{IAM}:role/node", kind, ""),))
            self.assertEqual((f"system:node:{DNS}", ["system:nodes"]), user(world, NODE))
        fargate = AccessEntry(f"{IAM}:role/node", "FARGATE_LINUX", "", ("system:node-proxier",))
        self.assertEqual((f"system:node:{INSTANCE}", ["system:nodes", "system:node-proxier"]), user(FakeWorld("API", (fargate,)), NODE))

    def test_cluster_admin_policy(self) -> None:
        whole = replace(ENTRY, policies=(AssociatedPolicy(ADMIN, "cluster"),))
        self.assertEqual(("bob", ["readers", "system:masters"]), user(FakeWorld("API", (whole,))))
        part = replace(ENTRY, policies=(AssociatedPolicy(ADMIN, "namespace", ("shop",)),))
        self.assertEqual(("bob", ["readers"]), user(FakeWorld("API", (part,))))


class AwsAuth(unittest.TestCase):
    def world(self, mode: str = "CONFIG_MAP", entries: tuple[AccessEntry, ...] = (), **config: str) -> FakeWorld:
        return FakeWorld(mode, entries, config)

    def test_roles(self) -> None:
        rows = f"- {{rolearn: {IAM}:role/dev, username: 'dev:{{{{SessionName}}}}', groups: [system:masters]}}"
        self.assertEqual(("dev:alice-example.com", ["system:masters"]), user(self.world(mapRoles=rows), DEV))

    def test_a_role_with_its_path_never_matches(self) -> None:
        self.assertIsNone(user(self.world(mapRoles=f"- {{rolearn: {IAM}:role/team/dev, username: dev}}"), DEV))

    def test_case_does_not_count(self) -> None:
        self.assertEqual(("dev", []), user(self.world(mapRoles=f"- {{rolearn: '{IAM}:role/DEV', username: dev}}"), DEV))

    def test_users_keep_their_path(self) -> None:
        row = f"- {{userarn: {IAM}:user/ops/bob, username: bob, groups: [a, b]}}"
        self.assertEqual(("bob", ["a", "b"]), user(self.world(mapUsers=row)))
        self.assertIsNone(user(self.world(mapUsers=f"- {{userarn: {IAM}:user/bob, username: bob}}")))

    def test_the_last_row_wins_and_bad_rows_are_skipped(self) -> None:
        row = f"- {{userarn: {IAM}:user/ops/bob, username: %s}}"
        rows = "\n".join((row % "first", "- 7", "- {username: nobody}", row % "last"))
        self.assertEqual(("last", []), user(self.world(mapUsers=rows)))
        good = f"- {{userarn: {IAM}:user/ops/bob, username: bob}}"
        self.assertEqual(("bob", []), user(self.world(mapRoles="}: broken", mapUsers=good)))

    def test_accounts(self) -> None:
        self.assertEqual((f"{IAM}:user/ops/bob", []), user(self.world(mapAccounts=f'- "{ACCOUNT}"')))
        self.assertEqual((f"{IAM}:role/dev", []), user(self.world(mapAccounts=f"- {ACCOUNT}"), DEV))
        self.assertIsNone(user(self.world(mapAccounts='- "999999999999"')))

    def test_instances(self) -> None:
        rows = f"- {{rolearn: {IAM}:role/node, username: 'system:node:{{{{EC2PrivateDNSName}}}}', groups: [system:nodes]}}"
        self.assertEqual((f"system:node:{DNS}", ["system:nodes"]), user(self.world(mapRoles=rows), NODE))
        rows = rows.replace("role/node", "role/dev")
        status = review(token(presigned(DEV, "shop")), self.world(mapRoles=rows))
        self.assertIn("is no instance", status["error"])

    def test_no_config_map(self) -> None:
        self.assertIsNone(user(FakeWorld("CONFIG_MAP", config=None)))

    def test_precedence(self) -> None:
        rows = f"- {{userarn: {IAM}:user/ops/bob, username: from-aws-auth, groups: [system:masters]}}"
        self.assertEqual("from-aws-auth", user(self.world("CONFIG_MAP", (ENTRY,), mapUsers=rows))[0])
        self.assertEqual(("bob", ["readers"]), user(self.world("API_AND_CONFIG_MAP", (ENTRY,), mapUsers=rows)))
        self.assertEqual("from-aws-auth", user(self.world("API_AND_CONFIG_MAP", mapUsers=rows))[0])
        self.assertIsNone(user(self.world("API", mapUsers=rows)))


if __name__ == "__main__":
    unittest.main()
