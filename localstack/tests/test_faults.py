"""What a client of AWS sees of each fault."""

from __future__ import annotations

import http.client
import time
import urllib.request
from typing import Any

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from . import support

# One operation of every protocol: EC2, query, JSON 1.1, REST-JSON answered here, REST-JSON answered by moto.
CALLS = {
    "ec2": ("describe_vpcs", {}),
    "autoscaling": ("describe_auto_scaling_groups", {}),
    "iam": ("get_account_authorization_details", {}),
    "logs": ("describe_log_groups", {}),
    "eks": ("list_clusters", {}),
    "guardduty": ("list_detectors", {}),
}


class Faults(support.AccountTest):
    def call(self, service: str) -> Any:
        method, params = CALLS[service]
        return getattr(self.client(service), method)(**params)

    def refusal(self, service: str) -> tuple[int, str]:
        """HTTP status and error code that a client sees."""
        with self.assertRaises(ClientError) as caught:
            self.call(service)
        answer = caught.exception.response
        return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]

    def assert_refused(self, expected: dict[str, tuple[int, str]]) -> None:
        self.assertEqual(expected, {service: self.refusal(service) for service in expected})

    def test_deny(self) -> None:
        self.control("deny", actions=["*"])
        self.assert_refused(
            {
                "ec2": (403, "UnauthorizedOperation"),
                "autoscaling": (403, "AccessDenied"),
                "iam": (403, "AccessDenied"),
                "logs": (400, "AccessDeniedException"),
                "eks": (403, "AccessDeniedException"),
                "guardduty": (403, "AccessDeniedException"),
            }
        )

    def test_deny_one_action(self) -> None:
        self.control("deny", actions=["eks:Describe*"])
        self.assertEqual(["shop", "staging"], self.client("eks").list_clusters()["clusters"])
        with self.assertRaisesRegex(ClientError, "user/scanner is not authorized to perform: eks:DescribeCluster"):
            self.client("eks").describe_cluster(name="shop")

    def test_load_balancers_answer_to_their_iam_name(self) -> None:
        self.control("deny", actions=["elasticloadbalancing:DescribeLoadBalancers"])
        for service in ("elb", "elbv2"):
            with self.assertRaises(ClientError):
                self.client(service).describe_load_balancers()

    def test_allow_only(self) -> None:
        self.control("allow_only", actions=["eks:ListClusters", "ec2:DescribeVpcs"])
        self.call("eks")
        self.call("ec2")
        self.assertEqual((403, "AccessDenied"), self.refusal("iam"))
        self.assertIn("user/scanner", self.client("sts").get_caller_identity()["Arn"])  # needs no permission

    def test_throttle(self) -> None:
        self.control("throttle", action="*", rate=0, burst=0)
        self.assert_refused(
            {
                "ec2": (503, "RequestLimitExceeded"),
                "autoscaling": (400, "Throttling"),
                "logs": (400, "ThrottlingException"),
                "eks": (429, "TooManyRequestsException"),
            }
        )

    def test_throttle_is_a_token_bucket(self) -> None:
        self.control("throttle", action="eks:ListClusters", rate=20, burst=2)
        eks = self.client("eks")
        outcomes = []
        for _ in range(4):
            try:
                outcomes.append(bool(eks.list_clusters()))
            except ClientError:
                outcomes.append(False)
        self.assertEqual([True, True], outcomes[:2])
        self.assertIn(False, outcomes[2:])
        time.sleep(0.1)
        self.call("eks")  # two tokens have dripped in

    def test_a_retrying_client_gets_through_a_throttle(self) -> None:
        self.control("throttle", action="eks:ListClusters", rate=2, burst=0)
        key = self.server.seed.identities["scanner"]
        eks = support.client(self.server.url, key, "eks", "eu-west-1", attempts=8)
        self.assertEqual(["shop", "staging"], eks.list_clusters()["clusters"])

    def test_delay(self) -> None:
        self.control("delay", ms=300, action="eks:ListClusters")
        started = time.monotonic()
        self.call("eks")
        self.assertGreater(time.monotonic() - started, 0.3)

    def test_cut(self) -> None:
        self.control("cut", action="*")
        request = urllib.request.Request(self.server.url, b"Action=DescribeVpcs&Version=2016-11-15")
        key = self.server.seed.identities["scanner"]["AccessKeyId"]
        request.add_header("Authorization", f"AWS4-HMAC-SHA256 Credential={key}/20261124/eu-west-1/ec2/aws4_request, x")
        with self.assertRaises(http.client.IncompleteRead) as caught:
            urllib.request.urlopen(request).read()
        self.assertAlmostEqual(len(caught.exception.partial), caught.exception.expected, delta=1)  # half is missing
        # boto3 does not compare lengths: it sees XML that does not parse, and takes half a JSON for an empty answer.
        with self.assertRaises(ResponseParserError):
            self.call("ec2")

    def test_repage(self) -> None:
        self.control("repage", action="*", size=1)
        pages = list(self.client("eks").get_paginator("list_clusters").paginate())
        self.assertEqual([["shop"], ["staging"]], [page["clusters"] for page in pages])
        groups = self.client("autoscaling").get_paginator("describe_auto_scaling_groups").paginate()
        self.assertEqual([1, 1, 1], [len(page["AutoScalingGroups"]) for page in groups])

    def test_loop_token(self) -> None:
        self.control("loop_token", action="ec2:DescribeVpcs")
        ec2 = self.client("ec2")
        first = ec2.describe_vpcs()
        second = ec2.describe_vpcs(NextToken=first["NextToken"])
        self.assertEqual(first["NextToken"], second["NextToken"])
        self.assertEqual(first["Vpcs"], second["Vpcs"])

    def test_expire(self) -> None:
        self.control("expire")
        self.assert_refused(
            {
                "ec2": (400, "RequestExpired"),
                "iam": (403, "ExpiredToken"),
                "logs": (400, "ExpiredTokenException"),
                "eks": (403, "ExpiredTokenException"),
            }
        )

    def test_expire_one_key(self) -> None:
        self.control("expire", access_key=self.server.seed.identities["bob"]["AccessKeyId"])
        self.call("eks")
        with self.assertRaisesRegex(ClientError, "ExpiredToken"):
            self.client("sts", who="bob").get_caller_identity()

    def test_fail(self) -> None:
        self.control("fail", action="*", status=503)
        self.assert_refused(
            {
                "ec2": (503, "Unavailable"),
                "iam": (503, "ServiceUnavailable"),
                "logs": (503, "ServiceUnavailableException"),
                "eks": (503, "ServiceUnavailableException"),
            }
        )

    def test_fail_a_number_of_times(self) -> None:
        self.control("fail", action="eks:ListClusters", status=500, times=1)
        self.assertEqual((500, "InternalServerException"), self.refusal("eks"))
        self.call("eks")

    def test_reset(self) -> None:
        self.control("deny", actions=["eks:*"])
        self.control("reset")
        self.call("eks")

    def test_controls_say_what_is_wrong(self) -> None:
        self.assertIn("missing a required argument: 'action'", self.control("cut", actoin="x")["error"])
        self.assertIn("not explode", self.control("explode")["error"])


class Records(support.AccountTest):
    def test_calls_are_recorded(self) -> None:
        self.client("eks").list_clusters()
        self.control("deny", actions=["ec2:*"])
        with self.assertRaises(ClientError):
            self.client("ec2", "us-east-1").describe_vpcs()
        key = self.server.seed.identities["scanner"]["AccessKeyId"]
        self.assertEqual(
            [
                {"service": "eks", "operation": "ListClusters", "region": "eu-west-1", "access_key": key, "status": 200},
                {"service": "ec2", "operation": "DescribeVpcs", "region": "us-east-1", "access_key": key, "status": 403},
            ],
            support.control(self.server.url, "calls"),
        )

    def test_seeding_is_neither_recorded_nor_denied(self) -> None:
        self.control("deny", actions=["*"])
        self.server.client("ec2", "eu-west-1").describe_vpcs()
        self.assertEqual([], support.control(self.server.url, "calls"))
