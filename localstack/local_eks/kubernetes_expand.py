"""Writes out what a seed says briefly: the nodes, and the pods that controllers would have made.

Beside plain manifests a seed's documents may be

    nodes:                       # `kubernetes_parts.node_object`
    - {name: shop-web-1, zone: eu-west-1a, type: m6i.large, kubelet: v1.32.9-eks-113cf36, pod_ips: 10.20.0.100,
       labels: {eks.amazonaws.com/nodegroup: web}}
    definitions:                 # custom resources, `kubernetes_parts.definition`
    - {kind: NodePool, plural: nodepools, group: karpenter.sh, version: v1, scope: Cluster}

and a manifest of a Pod or of something with a pod template may say where its pods run:

    pods: [shop-web-1, {node: shop-web-2, ip: 10.20.1.150}]     # or `all` nodes with an instance, or a number, in turn

A Deployment gets its ReplicaSet, both get pods that are running and ready, all with the owner chain, the names and the
admission changes (service account, its token, IRSA) of a real cluster; nothing is random, so two seedings are alike.
A `status` that the manifest itself gives wins.
"""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any

from .kubernetes_parts import EPOCH, Object, definition, node_object, stable

_TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
_AWS_TOKEN_PATH = "/var/run/secrets/eks.amazonaws.com/serviceaccount"


def expand(documents: Iterable[Object], names: Mapping[str, Any]) -> list[Object]:
    """`names` holds instance ids and DNS names, see `kubernetes_parts.node_object`."""
    manifests, nodes = [], []
    for document in documents:
        if "nodes" in document:
            nodes += document["nodes"]
        elif "definitions" in document:
            manifests += [definition(item) for item in document["definitions"]]
        else:
            manifests.append(copy.deepcopy(document))
    return _Cluster(nodes, manifests, names).objects()


class _Cluster:
    def __init__(self, nodes: list[Object], manifests: list[Object], names: Mapping[str, Any]):
        self._manifests = manifests
        self._nodes = {node["name"]: node_object(node, names) for node in nodes}
        self._with_instance = [node["name"] for node in nodes if "fargate" not in node]
        self._profiles = {node["name"]: node["fargate"] for node in nodes if "fargate" in node}
        self._next_ip = {node["name"]: int(ip_address(node["pod_ips"])) for node in nodes if "pod_ips" in node}
        self._addresses: set[str] = set()
        self._accounts = {
            (item["metadata"].get("namespace"), item["metadata"]["name"]): item
            for item in manifests
            if item["kind"] == "ServiceAccount"
        }

    def objects(self) -> list[Object]:
        made: list[Object] = list(self._nodes.values())
        for manifest in self._manifests:
            made += self._written_out(manifest, self._places(manifest.pop("pods", [])))
        return made + [_endpoint_slice(item, made) for item in made if _selects(item)]

    def _places(self, pods: Any) -> list[Object]:
        if isinstance(pods, int):
            pods = list(itertools.islice(itertools.cycle(self._with_instance), pods))
        elif pods == "all":
            pods = self._with_instance
        return [{"node": place} if isinstance(place, str) else place for place in pods]

    def _fix_address(self, service: Object) -> None:
        """The server would draw one by lot."""
        if service["spec"].get("type") == "ExternalName":
            return
        number = int.from_bytes(hashlib.sha256(_key(service).encode()).digest()[:2], "big")
        free = (f"172.20.{1 + at // 250 % 250}.{1 + at % 250}" for at in itertools.count(number))
        address = service["spec"].setdefault("clusterIP", next(it for it in free if it not in self._addresses))
        self._addresses.add(address)

    def _written_out(self, manifest: Object, places: list[Object]) -> list[Object]:
        kind, count = manifest["kind"], len(places)
        if kind == "Service":
            self._fix_address(manifest)
        if kind == "Pod" and places:
            return [self._pod(manifest, places[0])]
        if kind == "Deployment":
            replica_set = _replica_set(manifest)
            numbers = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
            _status(manifest, {"observedGeneration": 1, **dict.fromkeys(numbers, count)})
            return [manifest, *self._written_out(replica_set, places)]
        if kind in ("ReplicaSet", "StatefulSet"):
            _status(manifest, {"observedGeneration": 1, **dict.fromkeys(("replicas", "readyReplicas", "availableReplicas"), count)})
        if kind == "DaemonSet":
            numbers = ("currentNumberScheduled", "desiredNumberScheduled", "numberReady", "numberAvailable", "updatedNumberScheduled")
            _status(manifest, {"observedGeneration": 1, "numberMisscheduled": 0, **dict.fromkeys(numbers, count)})
        return [manifest, *(self._owned_pod(manifest, index, place) for index, place in enumerate(places))]

    def _owned_pod(self, owner: Object, index: int, place: Object) -> Object:
        meta, template = owner["metadata"], copy.deepcopy(owner["spec"]["template"])
        name = f"{meta['name']}-{stable(_key(owner) + str(index), 5)}"
        labels = dict(template.get("metadata", {}).get("labels", {}))
        if owner["kind"] == "StatefulSet":
            name = f"{meta['name']}-{index}"
            labels |= {"statefulset.kubernetes.io/pod-name": name, "apps.kubernetes.io/pod-index": str(index)}
        if owner["kind"] in ("StatefulSet", "DaemonSet"):
            labels["controller-revision-hash"] = _template_hash(template)
        metadata = {
            **template.get("metadata", {}),
            "name": name,
            "namespace": meta["namespace"],
            "labels": labels,
            "ownerReferences": [_owner(owner)],
        }
        return self._pod({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}, place)

    def _pod(self, pod: Object, place: Object) -> Object:
        node = self._nodes[place["node"]]
        host_ip = node["status"]["addresses"][0]["address"]
        spec = pod["spec"]
        profile = self._profiles.get(place["node"])
        if profile:
            pod["metadata"].setdefault("labels", {})["eks.amazonaws.com/fargate-profile"] = profile
            spec["schedulerName"] = "fargate-scheduler"
        own_ip = not (profile or spec.get("hostNetwork"))
        ip = place.get("ip") or (self._new_ip(place["node"]) if own_ip else host_ip)
        spec["nodeName"] = node["metadata"]["name"]
        self._admit(pod)
        _status(pod, {
            "phase": "Running",
            "hostIP": host_ip, "hostIPs": [{"ip": host_ip}],
            "podIP": ip, "podIPs": [{"ip": ip}],
            "startTime": EPOCH,
            "conditions": [
                {"type": kind, "status": "True", "lastTransitionTime": EPOCH}
                for kind in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
            ],
            "containerStatuses": [_container_status(item, {"running": {"startedAt": EPOCH}}) for item in spec["containers"]],
        })
        if initial := spec.get("initContainers"):
            ended = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": EPOCH, "finishedAt": EPOCH}}
            pod["status"]["initContainerStatuses"] = [_container_status(item, ended) for item in initial]
        return pod

    def _new_ip(self, node: str) -> str:
        self._next_ip[node] += 1
        return str(ip_address(self._next_ip[node] - 1))

    def _admit(self, pod: Object) -> None:
        """What the admission plugin ServiceAccount and the webhook of IRSA do to a pod."""
        spec = pod["spec"]
        name = spec.setdefault("serviceAccountName", "default")
        account = self._accounts.get((pod["metadata"]["namespace"], name), {"metadata": {}})
        if spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True)):
            _mount(spec, f"kube-api-access-{stable(_key(pod), 5)}", _TOKEN_PATH, [
                {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
            ])
        role = account["metadata"].get("annotations", {}).get("eks.amazonaws.com/role-arn")
        if role:
            _mount(spec, "aws-iam-token", _AWS_TOKEN_PATH, [
                {"serviceAccountToken": {"audience": "sts.amazonaws.com", "expirationSeconds": 86400, "path": "token"}},
            ])
            for container in _containers(spec):
                container["env"] = [
                    *container.get("env", []),
                    {"name": "AWS_ROLE_ARN", "value": role},
                    {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": f"{_AWS_TOKEN_PATH}/token"},
                ]


def _replica_set(deployment: Object) -> Object:
    meta, spec = deployment["metadata"], deployment["spec"]
    template = copy.deepcopy(spec["template"])
    label = {"pod-template-hash": _template_hash(template)}
    template.setdefault("metadata", {}).setdefault("labels", {}).update(label)
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{meta['name']}-{label['pod-template-hash']}",
            "namespace": meta["namespace"],
            "labels": template["metadata"]["labels"],
            "ownerReferences": [_owner(deployment)],
        },
        "spec": {
            "replicas": spec.get("replicas", 1),
            "selector": {"matchLabels": {**spec["selector"]["matchLabels"], **label}},
            "template": template,
        },
    }


def _endpoint_slice(service: Object, objects: list[Object]) -> Object:
    meta, wanted = service["metadata"], service["spec"]["selector"].items()
    pods = [
        item for item in objects
        if item["kind"] == "Pod" and item["metadata"]["namespace"] == meta["namespace"]
        and wanted <= item["metadata"].get("labels", {}).items()
    ]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{meta['name']}-{stable(_key(service), 5)}",
            "namespace": meta["namespace"],
            "labels": {
                "kubernetes.io/service-name": meta["name"],
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            },
            "ownerReferences": [_owner(service)],
        },
        "addressType": "IPv4",
        "endpoints": [
            {
                "addresses": [pod["status"]["podIP"]],
                "conditions": {"ready": True, "serving": True, "terminating": False},
                "nodeName": pod["spec"]["nodeName"],
                "targetRef": {"kind": "Pod", "namespace": meta["namespace"], "name": pod["metadata"]["name"]},
            }
            for pod in pods
        ],
        "ports": [
            {"name": port.get("name", ""), "port": port["targetPort"], "protocol": port.get("protocol", "TCP")}
            for port in service["spec"].get("ports", ())
            if isinstance(port.get("targetPort"), int)
        ],
    }


def _selects(item: Object) -> bool:
    return item["kind"] == "Service" and bool(item["spec"].get("selector"))


def _container_status(container: Object, state: Object) -> Object:
    image = container["image"]
    repository = image.partition("@")[0].rpartition(":")[0] or image
    digest = image.partition("@")[2] or f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"
    return {
        "name": container["name"], "image": image, "imageID": f"{repository.partition('@')[0]}@{digest}",
        "containerID": f"containerd://{hashlib.sha256((container['name'] + image).encode()).hexdigest()}",
        "ready": True, "restartCount": 0, "started": "running" in state, "state": state,
    }


def _mount(spec: Object, volume: str, path: str, sources: list[Object]) -> None:
    spec["volumes"] = [*spec.get("volumes", []), {"name": volume, "projected": {"defaultMode": 420, "sources": sources}}]
    for container in _containers(spec):
        container["volumeMounts"] = [*container.get("volumeMounts", []), {"name": volume, "mountPath": path, "readOnly": True}]


def _containers(spec: Object) -> list[Object]:
    return [*spec.get("initContainers", []), *spec["containers"]]


def _owner(item: Object) -> Object:
    """Without a UID: the seeding fills it in."""
    return {"apiVersion": item["apiVersion"], "kind": item["kind"], "name": item["metadata"]["name"],
            "controller": True, "blockOwnerDeletion": True}


def _status(item: Object, status: Object) -> None:
    item["status"] = {**status, **item.get("status", {})}


def _template_hash(template: Object) -> str:
    return stable(json.dumps(template, sort_keys=True), 10)


def _key(item: Object) -> str:
    return "/".join((item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]))
