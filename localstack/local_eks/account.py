"""The running account as the Kubernetes login sees it (`world.World`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .world import Caller, ClusterLogin

if TYPE_CHECKING:
    from .aws_server import AwsServer


class Account:
    def __init__(self, aws: AwsServer, api_servers: Mapping[str, Any]):
        self._aws, self._api_servers = aws, api_servers

    def caller(self, access_key: str) -> Caller | None:
        return self._aws.moto.caller(access_key)

    def cluster(self, name: str) -> ClusterLogin | None:
        found = self._aws.seed.eks.find(name)
        return found and found[1].login(found[0])

    def aws_auth(self, name: str) -> dict[str, str] | None:
        server = self._api_servers.get(name)
        return server.aws_auth() if server else None

    def instance_private_dns_name(self, instance_id: str) -> str | None:
        for region in self._aws.seed.regions.enabled:
            found = self._aws.client("ec2", region).describe_instances(
                Filters=[{"Name": "instance-id", "Values": [instance_id]}]
            )
            for reservation in found["Reservations"]:
                return reservation["Instances"][0]["PrivateDnsName"]
        return None

    def now(self) -> datetime:
        return datetime.now(timezone.utc)
