from __future__ import annotations

import unittest

from local_eks.aws_server import SEED_KEY
from local_eks.seed import SeedError, make_elsewhere

from .support import SEEDS, account


class ElsewhereTest(unittest.TestCase):
    def test_the_steps_of_a_seed_are_made_at_any_endpoint(self) -> None:
        server = account(None)
        seed = make_elsewhere(SEEDS / "careful", server.url, SEED_KEY)
        vpcs = server.client("ec2", "eu-west-1").describe_vpcs()["Vpcs"]
        self.assertIn(seed.names["vault-vpc"], [vpc["VpcId"] for vpc in vpcs])

    def test_nothing_is_made_at_aws_itself(self) -> None:
        for url in ("https://ec2.eu-west-1.amazonaws.com", "https://sts.cn-north-1.amazonaws.com.cn", "https://eks.eu-west-1.api.aws"):
            with self.assertRaisesRegex(SeedError, "is not the URL of an emulator"):
                make_elsewhere(SEEDS / "careful", url, SEED_KEY)

    def test_an_endpoint_that_does_not_answer_is_named(self) -> None:
        with self.assertRaisesRegex(SeedError, "^http://127.0.0.1:1: "):
            make_elsewhere(SEEDS / "careful", "http://127.0.0.1:1", SEED_KEY)
