"""The token webhook of the local EKS: who an AWS principal is inside a cluster.

`review` answers a TokenReview. It opens the token (`sts_token.py`), asks the account who owns the key, verifies the signature,
and maps the principal as EKS does in the cluster's authentication mode: access entries first, then `aws-auth`.

Access policies are an authorizer of their own in EKS, which no object of the cluster shows. Here
AmazonEKSClusterAdminPolicy at cluster scope puts its principal into `system:masters`: that allows exactly as much and
leaves no binding behind that a scan would find and a real cluster would not have. Other policies, and namespace scopes,
allow nothing here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from .sts_token import Refused, parse
from .world import AccessEntry, Caller, ClusterLogin, World

_NODE_TYPES = {
    "EC2_LINUX": "system:node:{{EC2PrivateDNSName}}",
    "EC2_WINDOWS": "system:node:{{EC2PrivateDNSName}}",
    "EC2": "system:node:{{EC2PrivateDNSName}}",
    "FARGATE_LINUX": "system:node:{{SessionName}}",
    "HYBRID_LINUX": "system:node:{{SessionName}}",
    "HYPERPOD_LINUX": "system:node:{{SessionName}}",
}
_INSTANCE = re.compile(r"^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$")


@dataclass(frozen=True)
class _Identity:
    username: str
    groups: tuple[str, ...]


def review(token_review: dict[str, Any], cluster: str, world: World) -> dict[str, Any]:
    """A TokenReview (v1) with its `status`; the reason of a refusal stands in `status.error`."""
    text = token_review.get("spec", {}).get("token", "")
    try:
        status = {"authenticated": True, "user": _authenticate(text, cluster, world)}
    except Refused as refusal:
        status = {"authenticated": False, "error": str(refusal)}
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}


def _authenticate(text: str, name: str, world: World) -> dict[str, Any]:
    cluster = world.cluster(name)
    if cluster is None:
        raise Refused(f"there is no cluster {name}")
    token = parse(text, cluster.region, world.now())
    caller = world.caller(token.access_key)
    if caller is None:
        raise Refused(f"nobody owns access key {token.access_key}")
    if token.session_token != caller.session_token:
        raise Refused("the token's X-Amz-Security-Token is not the session token of its access key")
    token.verify(caller.secret_key, name)

    entry = _access_entry(cluster, caller)
    if entry:
        identity = _from_access_entry(entry, caller)
    elif cluster.authentication_mode in ("CONFIG_MAP", "API_AND_CONFIG_MAP"):
        identity = _from_aws_auth(world.aws_auth(name) or {}, caller)
    else:
        identity = None
    if identity is None:
        raise Refused(f"{caller.arn} is not mapped to anybody in cluster {name}")

    fill = _Templates(caller, token.access_key, world)
    return {
        "username": fill(identity.username),
        "uid": f"aws-iam-authenticator:{caller.account}:{caller.user_id.partition(':')[0]}",
        "groups": [fill(group) for group in identity.groups],
        "extra": {
            "accessKeyId": [token.access_key],
            "arn": [caller.arn],
            "canonicalArn": [canonical(caller.arn)],
            "principalId": [caller.user_id.partition(":")[0]],
            "sessionName": [session_name(caller.arn)],
        },
    }


def canonical(arn: str) -> str:
    """`arn:aws:sts::1:assumed-role/dev/alice` → `arn:aws:iam::1:role/dev`; STS tells no role path. Others stay."""
    partition, service, account, resource = _split(arn)
    if service == "sts" and resource.startswith("assumed-role/"):
        return f"arn:{partition}:iam::{account}:role/{resource.split('/')[1]}"
    return arn


def session_name(arn: str) -> str:
    """Of an assumed role; empty for others."""
    resource = _split(arn)[3]
    return resource.split("/", 2)[2] if resource.startswith("assumed-role/") else ""


def _split(arn: str) -> tuple[str, str, str, str]:
    _, partition, service, _, account, resource = arn.split(":", 5)
    return partition, service, account, resource


def _access_entry(cluster: ClusterLogin, caller: Caller) -> AccessEntry | None:
    if cluster.authentication_mode not in ("API", "API_AND_CONFIG_MAP"):
        return None
    return next((entry for entry in cluster.access_entries if entry.principal_arn == caller.principal_arn), None)


def _from_access_entry(entry: AccessEntry, caller: Caller) -> _Identity:
    if entry.type in _NODE_TYPES:
        return _Identity(entry.username or _NODE_TYPES[entry.type], tuple(dict.fromkeys(("system:nodes", *entry.groups))))
    default = caller.arn.removesuffix(session_name(caller.arn)) + "{{SessionName}}" if session_name(caller.arn) else caller.arn
    admin = any(
        policy.policy_arn.endswith("/AmazonEKSClusterAdminPolicy") and policy.scope == "cluster"
        for policy in entry.policies
    )
    return _Identity(entry.username or default, entry.groups + (("system:masters",) if admin else ()))


def _from_aws_auth(data: dict[str, str], caller: Caller) -> _Identity | None:
    """Roles, then users, then accounts; the last of two rows for one ARN wins; rows that make no sense are skipped."""
    arn = canonical(caller.arn).lower()
    for key, arn_field in (("mapRoles", "rolearn"), ("mapUsers", "userarn")):
        for row in reversed(_rows(data.get(key))):
            if isinstance(row, dict) and str(row.get(arn_field, "")).lower() == arn:
                groups = row.get("groups") or ()
                return _Identity(str(row.get("username") or caller.arn), tuple(str(group) for group in groups))
    if caller.account in {str(account) for account in _rows(data.get("mapAccounts"))}:
        return _Identity(canonical(caller.arn), ())
    return None


def _rows(text: str | None) -> list[Any]:
    try:
        # Every scalar a string: an account id such as 012345678901 would be a number otherwise.
        rows = yaml.load(text or "", Loader=yaml.BaseLoader)
    except yaml.YAMLError:
        return []
    return rows if isinstance(rows, list) else []


class _Templates:
    """Fills `{{SessionName}}` and its like, in usernames and groups."""

    def __init__(self, caller: Caller, access_key: str, world: World):
        raw = session_name(caller.arn)
        self._world = world
        self._session = raw
        self._known = {
            "{{AccountID}}": caller.account,
            "{{AccessKeyID}}": access_key,
            "{{SessionName}}": raw.replace("@", "-"),
            "{{SessionNameRaw}}": raw,
        }

    def __call__(self, text: str) -> str:
        for template, value in self._known.items():
            text = text.replace(template, value)
        if "{{EC2PrivateDNSName}}" in text:
            text = text.replace("{{EC2PrivateDNSName}}", self._private_dns_name())
        return text

    def _private_dns_name(self) -> str:
        # EC2 names the sessions of an instance's role after the instance.
        name = self._world.instance_private_dns_name(self._session) if _INSTANCE.match(self._session) else None
        if name is None:
            raise Refused(f"session {self._session!r} is no instance, so it has no private DNS name")
        return name
