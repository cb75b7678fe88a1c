"""What several tests need: a running account, clients of it, and the controls."""

from __future__ import annotations

import json
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local_eks.aws_server import AwsServer

SEEDS = Path(__file__).parents[1] / "seeds"


_running: dict[str | None, AwsServer] = {}


def account(seed: str | None) -> AwsServer:
    """The account of a seed, or an empty one, kept for the next test. moto holds one at a time, so another one ends it."""
    if seed not in _running:
        for server in _running.values():
            server.stop()
        _running.clear()
        server = AwsServer()
        server.start()
        if seed:
            server.apply(SEEDS / seed)
        _running[seed] = server
    return _running[seed]


class AccountTest(unittest.TestCase):
    """A test against the careless account, with every fault off and no call recorded."""

    def setUp(self) -> None:
        self.server = account("careless")
        self.addCleanup(self.control, "reset", calls=True)
        self.control("reset", calls=True)

    def client(self, service: str, region: str = "eu-west-1", who: str = "scanner") -> Any:
        return client(self.server.url, self.server.seed.identities[who], service, region)

    def control(self, name: str, **body: Any) -> Any:
        return control(self.server.url, name, body)


def client(url: str, key: dict[str, str], service: str, region: str, attempts: int = 1) -> Any:
    """A boto3 client that does not retry, so that a test sees each answer."""
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key.get("SessionToken"),
        config=Config(retries={"total_max_attempts": attempts}, read_timeout=10),
    )


def control(url: str, name: str, body: dict[str, Any] | None = None) -> Any:
    """POSTs to a control, or GETs it when there is no body."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(f"{url}/_local_eks/{name}", data=data, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        return json.load(refused)
