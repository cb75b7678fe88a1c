"""Where moto's answers differ from AWS's, and what is done about it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from botocore.model import Shape

from .identify import Call
from .moto_account import public_snapshots

# Services whose reads are decoded, repaired and paged here; all others pass through as moto gives them.
SERVICES = {"ec2", "iam", "autoscaling", "elb", "elbv2", "logs", "cloudtrail", "guardduty", "config", "wafv2", "ecr", "secretsmanager"}


def is_read(operation: str) -> bool:
    return operation.startswith(("Describe", "List", "Get", "BatchGet"))


def repair(call: Call, data: dict[str, Any], started: datetime, epoch: datetime) -> dict[str, Any]:
    """moto stamps what it makes with the time of seeding; every scan should see the seed's own `epoch`."""
    op = call.model
    if op and op.output_shape:
        data = _steady_times(op.output_shape, data, started, epoch)
    if call.action == "ec2:DescribeSnapshots" and call.params.get("RestorableBy.1") == "all":
        # moto ignores who may make volumes from a snapshot.
        public = public_snapshots(call.account, call.region)
        data["Snapshots"] = [it for it in data.get("Snapshots", []) if it["SnapshotId"] in public]
    fix = FIXES.get(call.action)
    if fix:
        fix(data, epoch)
    return data


def _steady_times(shape: Shape, value: Any, started: datetime, epoch: datetime) -> Any:
    kind = shape.type_name
    if kind == "timestamp":
        return epoch if value >= started else value
    if kind == "structure":
        return {k: _steady_times(shape.members[k], v, started, epoch) if v is not None else v for k, v in value.items()}
    if kind == "list":
        return [_steady_times(shape.member, item, started, epoch) for item in value]
    return value


def _instances(data: dict[str, Any], epoch: datetime) -> None:
    for reservation in data.get("Reservations", []):
        for instance in reservation["Instances"]:
            for interface in instance.get("NetworkInterfaces", []):
                _mend_interface(interface)
            instance.get("SecurityGroups", []).sort(key=lambda group: group["GroupId"])
            if not instance.get("SecurityGroups") and instance.get("NetworkInterfaces"):
                # Launched with explicit interfaces: AWS repeats the first one's groups.
                instance["SecurityGroups"] = instance["NetworkInterfaces"][0].get("Groups", [])


def _interfaces(data: dict[str, Any], epoch: datetime) -> None:
    for interface in data.get("NetworkInterfaces", []):
        _mend_interface(interface)


def _mend_interface(interface: dict[str, Any]) -> None:
    """moto writes an empty association where there is no public address, and groups in the order of a set."""
    interface.get("Groups", []).sort(key=lambda group: group["GroupId"])
    if not interface.get("Association", {}).get("PublicIp"):
        interface.pop("Association", None)


def _network_acls(data: dict[str, Any], epoch: datetime) -> None:
    """AWS always shows the final deny that nobody wrote; moto forgets it on custom ACLs."""
    for acl in data.get("NetworkAcls", []):
        for egress in (False, True):
            if not any(e["RuleNumber"] == 32767 and e["Egress"] == egress for e in acl["Entries"]):
                acl["Entries"].append(
                    {"CidrBlock": "0.0.0.0/0", "Egress": egress, "Protocol": "-1", "RuleAction": "deny", "RuleNumber": 32767}
                )


def _vpc_endpoints(data: dict[str, Any], epoch: datetime) -> None:
    """The model's spelling: AWS and moto write states of endpoints in lower case."""
    for endpoint in data.get("VpcEndpoints", []):
        endpoint["State"] = endpoint["State"].capitalize()


def _listeners(data: dict[str, Any], epoch: datetime) -> None:
    """moto gives every listener a policy of TLS."""
    for listener in data.get("Listeners", []):
        if listener["Protocol"] not in ("HTTPS", "TLS"):
            listener.pop("SslPolicy", None)


def _authorization_details(data: dict[str, Any], epoch: datetime) -> None:
    """AWS gives of its own policies those that are in use; moto gives all 1,500."""
    data["Policies"] = [
        policy
        for policy in data.get("Policies", [])
        if ":iam::aws:" not in policy["Arn"] or policy.get("AttachmentCount")
    ]


def _log_groups(data: dict[str, Any], epoch: datetime) -> None:
    for group in data.get("logGroups", []):
        group["creationTime"] = int(epoch.timestamp() * 1000)  # a number here, not a timestamp


def _resource_policies(data: dict[str, Any], epoch: datetime) -> None:
    for policy in data.get("resourcePolicies", []):
        policy["lastUpdatedTime"] = int(epoch.timestamp() * 1000)  # a number here too


def _recorder_status(data: dict[str, Any], epoch: datetime) -> None:
    """moto writes in capitals what AWS writes as `Pending`."""
    for status in data.get("ConfigurationRecordersStatus", []):
        if status.get("lastStatus"):
            status["lastStatus"] = status["lastStatus"].capitalize()


def _event_selectors(data: dict[str, Any], epoch: datetime) -> None:
    """A trail whose selectors were never set logs all management events; moto answers an empty list."""
    if not data.get("EventSelectors") and not data.get("AdvancedEventSelectors"):
        data["EventSelectors"] = [
            {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [], "ExcludeManagementEventSources": []}
        ]


def _trail_status(data: dict[str, Any], epoch: datetime) -> None:
    for key in [key for key in data if key.startswith("TimeLogging") or key.endswith("AttemptTime")]:
        data[key] = "" if not data[key] else epoch.strftime("%Y-%m-%dT%H:%M:%SZ")


def _rules(data: dict[str, Any], epoch: datetime) -> None:
    """moto names default rules by their place in memory."""
    for rule in data.get("Rules", []):
        if rule.get("IsDefault"):
            listener = rule["RuleArn"].rpartition("/")[0]
            rule["RuleArn"] = f"{listener}/{hashlib.sha256(listener.encode()).hexdigest()[:16]}"


def _detector(data: dict[str, Any], epoch: datetime) -> None:
    for key in ("CreatedAt", "UpdatedAt"):  # text here, not a timestamp
        if data.get(key):
            data[key] = epoch.strftime("%Y-%m-%dT%H:%M:%S.000Z")


FIXES: dict[str, Callable[[dict[str, Any], datetime], None]] = {
    "ec2:DescribeInstances": _instances,
    "ec2:DescribeNetworkInterfaces": _interfaces,
    "ec2:DescribeNetworkAcls": _network_acls,
    "ec2:DescribeVpcEndpoints": _vpc_endpoints,
    "elbv2:DescribeListeners": _listeners,
    "elbv2:DescribeRules": _rules,
    "guardduty:GetDetector": _detector,
    "iam:GetAccountAuthorizationDetails": _authorization_details,
    "config:DescribeConfigurationRecorderStatus": _recorder_status,
    "logs:DescribeLogGroups": _log_groups,
    "logs:DescribeResourcePolicies": _resource_policies,
    "cloudtrail:GetEventSelectors": _event_selectors,
    "cloudtrail:GetTrailStatus": _trail_status,
}
