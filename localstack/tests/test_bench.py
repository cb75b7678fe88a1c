from __future__ import annotations

import unittest

from bench import floors
from bench.plan import plan
from bench.recording import Exchange, Recording

from .support import AccountTest, client

SIGNED = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"


def exchange(path: str, answer: str, at: float, region: str = "eu-west-1", body: str = "") -> Exchange:
    headers = {"authorization": SIGNED.format(region=region, service="eks"), "content-type": "application/json"}
    return Exchange("GET", path, headers, body.encode(), 200, answer.encode(), at, at + 0.5)


def needs(*exchanges: Exchange) -> list[tuple[int, ...]]:
    return [step.after for step in plan(list(exchanges), known=frozenset({"eu-west-1"}))]


class PlanTest(unittest.TestCase):
    def test_a_call_needs_the_answer_that_names_what_it_asks_for(self) -> None:
        listed = exchange("/clusters", '{"clusters": ["shop"]}', 0)
        self.assertEqual(needs(listed, exchange("/clusters/shop", "{}", 1)), [(), (0,)])

    def test_a_page_needs_the_page_before_it(self) -> None:
        first = exchange("/clusters", '{"nextToken": "bW9yZQ=="}', 0)
        self.assertEqual(needs(first, exchange("/clusters?nextToken=bW9yZQ%3D%3D", "{}", 1)), [(), (0,)])

    def test_a_region_needs_the_answer_that_lists_it(self) -> None:
        regions = exchange("/regions", "<r><n>us-east-1</n><n>eu-west-1</n></r>", 0)
        there, here = exchange("/clusters", "{}", 1, "us-east-1"), exchange("/clusters", "{}", 2)
        self.assertEqual(needs(regions, there, here), [(), (0,), ()])

    def test_what_was_sent_before_any_answer_held_it_is_known(self) -> None:
        first = exchange("/clusters", '{"clusters": ["oidc"]}', 0, body='{"type": "oidc"}')
        self.assertEqual(needs(first, exchange("/configs", "{}", 1, body='{"type": "oidc"}')), [(), ()])

    def test_an_answer_that_came_too_late_is_not_needed(self) -> None:
        late = exchange("/tags", '["shop"]', 0.8)
        self.assertEqual(needs(late, exchange("/clusters/shop", "{}", 1)), [(), ()])

    def test_of_two_answers_the_one_that_could_come_first_counts(self) -> None:
        chain = exchange("/clusters", '["shop"]', 0), exchange("/clusters/shop", '["web"]', 1), exchange("/tags", '["web"]', 2)
        self.assertEqual(needs(*chain, exchange("/groups/web", "{}", 3)), [(), (0,), (), (2,)])

    def test_the_same_call_is_made_once(self) -> None:
        self.assertEqual(needs(exchange("/clusters", "{}", 0), exchange("/clusters", "{}", 1)), [()])


class ReplayTest(AccountTest):
    def setUp(self) -> None:
        super().setUp()
        with Recording(self.server.url) as recording:
            eks = client(recording.url, self.server.seed.identities["scanner"], "eks", "eu-west-1")
            for name in eks.list_clusters()["clusters"]:
                eks.describe_cluster(name=name)
        self.steps = plan(recording.exchanges, known=frozenset({"eu-west-1"}))

    def test_the_floor_makes_the_recorded_calls(self) -> None:
        recorded = self.server.recorder.calls()
        self.control("reset", calls=True)
        floors.aws(self.steps, self.server.url)
        self.assertEqual(sorted(map(str, self.server.recorder.calls())), sorted(map(str, recorded)))
        self.assertEqual([step.depth for step in self.steps], [1, 2, 2])

    def test_other_answers_than_the_recorded_ones_are_an_error(self) -> None:
        self.control("deny", actions=["eks:DescribeCluster"])
        with self.assertRaisesRegex(floors.FloorError, "403, and 200 when it was recorded"):
            floors.aws(self.steps, self.server.url)
