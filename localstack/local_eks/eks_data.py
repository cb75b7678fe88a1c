"""What the seed says about EKS: per cluster, every sub-resource in the shape its Describe call answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .world import AccessEntry, AssociatedPolicy, ClusterLogin

Item = dict[str, Any]


@dataclass
class Cluster:
    """One `cluster:` section of a seed file. Field names are the section's keys."""

    describe: Item
    nodegroups: list[Item] = field(default_factory=list)
    fargate_profiles: list[Item] = field(default_factory=list)
    addons: list[Item] = field(default_factory=list)
    access_entries: list[Item] = field(default_factory=list)
    """Each may hold `policies`: what ListAssociatedAccessPolicies answers for it."""
    pod_identity_associations: list[Item] = field(default_factory=list)
    identity_provider_configs: list[Item] = field(default_factory=list)
    insights: list[Item] = field(default_factory=list)
    capabilities: list[Item] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.describe["name"]

    @property
    def mode(self) -> str:
        return self.describe.get("accessConfig", {}).get("authenticationMode", "CONFIG_MAP")

    def login(self, region: str) -> ClusterLogin:
        """How the Kubernetes login sees this cluster."""
        return ClusterLogin(self.name, region, self.mode, tuple(_login_entry(e) for e in self.access_entries))


@dataclass
class EksData:
    clusters: dict[str, dict[str, Cluster]] = field(default_factory=dict)
    """By region, then by name. A name is used once in an account, so that it can name an API server."""
    access_policies: list[Item] = field(default_factory=list)
    cluster_versions: list[Item] = field(default_factory=list)
    addon_versions: list[Item] = field(default_factory=list)

    def add(self, region: str, cluster: Cluster) -> None:
        if self.find(cluster.name):
            raise ValueError(f"two clusters named {cluster.name}: names are unique across the regions of a seed")
        self.clusters.setdefault(region, {})[cluster.name] = cluster

    def find(self, name: str) -> tuple[str, Cluster] | None:
        """The region and data of a cluster."""
        for region, clusters in self.clusters.items():
            if name in clusters:
                return region, clusters[name]
        return None


def _login_entry(entry: Item) -> AccessEntry:
    policies = tuple(
        AssociatedPolicy(p["policyArn"], p["accessScope"]["type"], tuple(p["accessScope"].get("namespaces", ())))
        for p in entry.get("policies", ())
    )
    return AccessEntry(
        entry["principalArn"], entry["type"], entry["username"], tuple(entry.get("kubernetesGroups", ())), policies
    )
