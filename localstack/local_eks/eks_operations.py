"""The reads of Amazon EKS, answered from the seed.

moto knows clusters, node groups and Fargate profiles only, and drops or invents fields of those;
so all of EKS is served here and moto is never asked. There are no writes: what the API servers
run is decided by the seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .eks_data import Cluster, EksData, Item
from .identify import Call, service_model
from .wire import AwsError

Endpoint = Callable[[str], tuple[str, str]]
"""Of a cluster's name: its API server's URL, and its CA as base64 of PEM."""


class EksOperations:
    def __init__(self, data: EksData, endpoint: Endpoint):
        self._data, self._endpoint = data, endpoint

    def answer(self, call: Call) -> dict[str, Any]:
        """The whole answer, not cut into pages."""
        handler = getattr(self, f"_{call.operation}", None)
        if handler is None:
            raise AwsError("InvalidRequestException", f"The local EKS serves no {call.action}: its EKS is read from the seed.")
        return handler(call)

    # ---- clusters and what hangs below them ------------------------------------------------------

    def _ListClusters(self, call: Call) -> Item:
        return {"clusters": sorted(self._data.clusters.get(call.region, {}))}

    def _DescribeCluster(self, call: Call) -> Item:
        cluster = self._cluster(call, "name")
        endpoint, ca = self._endpoint(cluster.name)
        return {"cluster": {**cluster.describe, "endpoint": endpoint, "certificateAuthority": {"data": ca}}}

    def _ListNodegroups(self, call: Call) -> Item:
        return {"nodegroups": _names(self._cluster(call).nodegroups, "nodegroupName")}

    def _DescribeNodegroup(self, call: Call) -> Item:
        found = self._one(call, "nodegroups", "nodegroupName", "No node group found for name: {}.")
        return {"nodegroup": found}

    def _ListFargateProfiles(self, call: Call) -> Item:
        return {"fargateProfileNames": _names(self._cluster(call).fargate_profiles, "fargateProfileName")}

    def _DescribeFargateProfile(self, call: Call) -> Item:
        found = self._one(call, "fargate_profiles", "fargateProfileName", "No Fargate Profile found with name: {}.")
        return {"fargateProfile": found}

    def _ListAddons(self, call: Call) -> Item:
        return {"addons": _names(self._cluster(call).addons, "addonName")}

    def _DescribeAddon(self, call: Call) -> Item:
        return {"addon": self._one(call, "addons", "addonName", "No addon: {} found in cluster.")}

    def _ListUpdates(self, call: Call) -> Item:
        self._cluster(call, "name")
        return {"updateIds": []}

    # ---- who may enter ---------------------------------------------------------------------------

    def _ListAccessEntries(self, call: Call) -> Item:
        cluster, policy = self._entries_of(call), call.params.get("associatedPolicyArn")
        entries = [e for e in cluster.access_entries if not policy or policy in _names(e.get("policies", []), "policyArn")]
        return {"accessEntries": _names(entries, "principalArn")}

    def _DescribeAccessEntry(self, call: Call) -> Item:
        entry = self._access_entry(call)
        return {"accessEntry": {key: value for key, value in entry.items() if key != "policies"}}

    def _ListAssociatedAccessPolicies(self, call: Call) -> Item:
        entry = self._access_entry(call)
        return {
            "clusterName": call.params["clusterName"],
            "principalArn": entry["principalArn"],
            "associatedAccessPolicies": entry.get("policies", []),
        }

    def _ListAccessPolicies(self, call: Call) -> Item:
        return {"accessPolicies": self._data.access_policies}

    def _ListPodIdentityAssociations(self, call: Call) -> Item:
        wanted = {key: call.params[key] for key in ("namespace", "serviceAccount") if key in call.params}
        found = [a for a in self._cluster(call).pod_identity_associations if wanted.items() <= a.items()]
        return {"associations": _summaries("PodIdentityAssociationSummary", found)}

    def _DescribePodIdentityAssociation(self, call: Call) -> Item:
        text = "No pod identity association found with id: {}."
        return {"association": self._one(call, "pod_identity_associations", "associationId", text)}

    def _ListIdentityProviderConfigs(self, call: Call) -> Item:
        configs = self._cluster(call).identity_provider_configs
        return {"identityProviderConfigs": [{"type": "oidc", "name": n} for n in _names(configs, "identityProviderConfigName")]}

    def _DescribeIdentityProviderConfig(self, call: Call) -> Item:
        wanted = call.params.get("identityProviderConfig", {}).get("name")
        for config in self._cluster(call).identity_provider_configs:
            if config["identityProviderConfigName"] == wanted:
                return {"identityProviderConfig": {"oidc": config}}
        raise _not_found(f"Identity provider config {wanted} is not associated with this cluster.")

    # ---- insights, capabilities, catalogues ------------------------------------------------------

    def _ListInsights(self, call: Call) -> Item:
        categories = call.params.get("filter", {}).get("categories")
        found = [i for i in self._cluster(call).insights if not categories or i["category"] in categories]
        return {"insights": _summaries("InsightSummary", found)}

    def _DescribeInsight(self, call: Call) -> Item:
        return {"insight": self._one(call, "insights", "id", "No insight found with id: {}.")}

    def _ListCapabilities(self, call: Call) -> Item:
        return {"capabilities": _summaries("CapabilitySummary", self._cluster(call).capabilities)}

    def _DescribeCapability(self, call: Call) -> Item:
        return {"capability": self._one(call, "capabilities", "capabilityName", "No capability found with name: {}.")}

    def _DescribeClusterVersions(self, call: Call) -> Item:
        wanted, status = call.params.get("clusterVersions"), call.params.get("versionStatus")
        found = self._data.cluster_versions
        if wanted:
            found = [v for v in found if v["clusterVersion"] in wanted]
        elif call.params.get("includeAll") != "true":
            found = [v for v in found if v["versionStatus"] != "UNSUPPORTED"]
        if status:
            found = [v for v in found if v["versionStatus"] == status]
        return {"clusterVersions": found}

    def _DescribeAddonVersions(self, call: Call) -> Item:
        name, version = call.params.get("addonName"), call.params.get("kubernetesVersion")
        found = []
        for addon in self._data.addon_versions:
            if name and addon["addonName"] != name:
                continue
            fits = [
                v
                for v in addon["addonVersions"]
                if not version or version in _names(v["compatibilities"], "clusterVersion")
            ]
            if fits:
                found.append({**addon, "addonVersions": fits})
        return {"addons": found}

    # ---- finding ---------------------------------------------------------------------------------

    def _cluster(self, call: Call, param: str = "clusterName") -> Cluster:
        name = call.params.get(param, "")
        found = self._data.clusters.get(call.region, {}).get(name)
        if found is None:
            raise _not_found(f"No cluster found for name: {name}.", clusterName=name)
        return found

    def _entries_of(self, call: Call) -> Cluster:
        cluster = self._cluster(call)
        if cluster.mode == "CONFIG_MAP":
            raise AwsError(
                "InvalidRequestException",
                "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
            )
        return cluster

    def _access_entry(self, call: Call) -> Item:
        principal = call.params.get("principalArn")
        for entry in self._entries_of(call).access_entries:
            if entry["principalArn"] == principal:
                return entry
        raise _not_found(f"The specified principalArn could not be found: {principal}.")

    def _one(self, call: Call, kind: str, key: str, text: str) -> Item:
        """The item that the request names by the parameter `key`."""
        wanted = call.params.get(key)
        for item in getattr(self._cluster(call), kind):
            if item[key] == wanted:
                return item
        raise _not_found(text.format(wanted), clusterName=call.params["clusterName"])


def _not_found(message: str, **members: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message, 404, **members)


def _names(items: list[Item], key: str) -> list[str]:
    return [item[key] for item in items]


def _summaries(shape: str, items: list[Item]) -> list[Item]:
    """Each item with only the members that the summary shape has."""
    model = service_model("eks")
    members = model.shape_for(shape).members if model else {}
    return [{key: value for key, value in item.items() if key in members} for item in items]
