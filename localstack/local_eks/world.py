"""What the Kubernetes login may ask about the AWS side: who owns a key, and who may enter a cluster.

`login.review` is a pure function of a TokenReview and a `World`; tests give it a hand-made one,
the running server gives it the account that moto holds and the seed's access entries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Caller:
    """The owner of an access key, as STS would tell it."""

    arn: str
    """What `sts:GetCallerIdentity` answers, e.g. `arn:aws:sts::123456789012:assumed-role/dev/alice`."""
    account: str
    user_id: str
    """`AIDA…` of a user, `AROA…:session` of an assumed role."""
    principal_arn: str
    """The IAM ARN behind it, with the path that IAM holds: `arn:aws:iam::123456789012:role/team/dev`."""
    secret_key: str
    """Lets the login verify the token's signature, as STS does."""
    session_token: str | None = None


@dataclass(frozen=True)
class AssociatedPolicy:
    policy_arn: str
    scope: str
    """`cluster` or `namespace`."""
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class AccessEntry:
    principal_arn: str
    type: str
    """`STANDARD`, `EC2_LINUX`, `EC2`, `FARGATE_LINUX`, …"""
    username: str
    groups: tuple[str, ...] = ()
    policies: tuple[AssociatedPolicy, ...] = ()


@dataclass(frozen=True)
class ClusterLogin:
    """How one cluster lets people in."""

    name: str
    region: str
    authentication_mode: str
    """`CONFIG_MAP`, `API_AND_CONFIG_MAP` or `API`."""
    access_entries: tuple[AccessEntry, ...] = field(default=())


class World(Protocol):
    def caller(self, access_key: str) -> Caller | None:
        """Who owns this access key; None when nobody does."""

    def cluster(self, name: str) -> ClusterLogin | None:
        """The cluster of this name; None when there is none."""

    def aws_auth(self, name: str) -> dict[str, str] | None:
        """`data` of the cluster's `kube-system/aws-auth`; None when there is no such ConfigMap."""

    def instance_private_dns_name(self, instance_id: str) -> str | None:
        """For `{{EC2PrivateDNSName}}` in usernames; None when EC2 does not know the instance."""

    def now(self) -> datetime:
        """The clock (aware, UTC) that the age of a token is measured with."""
