"""Fills in what follows from the rest of a cluster's seed: ARNs, ids, times, health.

A seed may say any of it itself; what it says stands.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from .eks_data import Cluster, Item
from .sts_token import partition_of

ALL_LOGS = ["api", "audit", "authenticator", "controllerManager", "scheduler"]


def complete(cluster: Cluster, region: str, account: str, epoch: datetime) -> None:
    name = cluster.name
    arn = f"arn:{partition_of(region)}:eks:{region}:{account}"
    made = {"createdAt": epoch}
    changed = {**made, "modifiedAt": epoch}
    active = {"status": "ACTIVE", "health": {"issues": []}}

    _default(
        cluster.describe,
        arn=f"{arn}:cluster/{name}",
        logging={"clusterLogging": [{"types": ALL_LOGS, "enabled": False}]},
        accessConfig={"authenticationMode": "CONFIG_MAP"},
        upgradePolicy={"supportType": "EXTENDED"},
        deletionProtection=False,
        tags={},
        **active,
        **made,
    )
    for group in cluster.nodegroups:
        path = f"{name}/{group['nodegroupName']}"
        group_id = _uuid("nodegroup", path)
        scaling_groups = [{"name": f"eks-{group['nodegroupName']}-{group_id}"}]
        _default(
            group,
            clusterName=name,
            nodegroupArn=f"{arn}:nodegroup/{path}/{group_id}",
            resources={"autoScalingGroups": scaling_groups},
            capacityType="ON_DEMAND",
            updateConfig={"maxUnavailable": 1},
            tags={},
            **active,
            **changed,
        )
    for profile in cluster.fargate_profiles:
        path = f"{name}/{profile['fargateProfileName']}"
        profile_arn = f"{arn}:fargateprofile/{path}/{_uuid('fargate', path)}"
        _default(profile, clusterName=name, fargateProfileArn=profile_arn, tags={}, **active, **made)
    for addon in cluster.addons:
        path = f"{name}/{addon['addonName']}"
        _default(addon, clusterName=name, addonArn=f"{arn}:addon/{path}/{_uuid('addon', path)}", tags={}, **active, **changed)
    for entry in cluster.access_entries:
        principal = entry["principalArn"]
        kind, _, path = principal.partition(":iam::")[2].partition(":")[2].partition("/")
        entry_id = _uuid("access-entry", f"{name}/{principal}")
        _default(
            entry,
            clusterName=name,
            accessEntryArn=f"{arn}:access-entry/{name}/{kind}/{account}/{path}/{entry_id}",
            type="STANDARD",
            kubernetesGroups=[],
            tags={},
            **changed,
        )
        _default(entry, username=_username(entry["type"], principal, account))
        for policy in entry.get("policies", ()):
            _default(policy, associatedAt=epoch, modifiedAt=epoch)
    for association in cluster.pod_identity_associations:
        path = f"{name}/{association['namespace']}/{association['serviceAccount']}"
        association_id = "a-" + hashlib.sha256(path.encode()).hexdigest()[:17]
        _default(
            association,
            clusterName=name,
            associationId=association_id,
            associationArn=f"{arn}:podidentityassociation/{name}/{association_id}",
            disableSessionTags=False,
            tags={},
            **changed,
        )
    for config in cluster.identity_provider_configs:
        path = f"{name}/oidc/{config['identityProviderConfigName']}"
        config_arn = f"{arn}:identityproviderconfig/{path}/{_uuid('idp', path)}"
        _default(config, clusterName=name, identityProviderConfigArn=config_arn, status="ACTIVE", tags={})
    for insight in cluster.insights:
        _default(insight, id=_uuid("insight", f"{name}/{insight['name']}"), lastRefreshTime=epoch, lastTransitionTime=epoch)
    for capability in cluster.capabilities:
        capability_arn = f"{arn}:capability/{name}/{capability['type'].lower()}/{capability['capabilityName']}"
        _default(capability, clusterName=name, arn=capability_arn, status="ACTIVE", health={"issues": []}, tags={}, **changed)


def _default(item: Item, **values: object) -> None:
    for key, value in values.items():
        item.setdefault(key, value)


def _username(entry_type: str, principal: str, account: str) -> str:
    """The name that EKS gives when the entry's maker gives none."""
    role = principal.rpartition("/")[2]
    if entry_type in ("EC2", "EC2_LINUX", "EC2_WINDOWS"):
        return "system:node:{{EC2PrivateDNSName}}"
    if entry_type in ("FARGATE_LINUX", "HYBRID_LINUX"):
        return "system:node:{{SessionName}}"
    if ":role/" in principal:
        return f"{principal.partition(':iam:')[0]}:sts::{account}:assumed-role/{role}/{{{{SessionName}}}}"
    return principal


def _uuid(kind: str, path: str) -> str:
    digits = hashlib.sha256(f"{kind}/{path}".encode()).hexdigest()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))
