"""The parts of a cluster that a seed names in one line each: nodes and the definitions of custom resources."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]

EPOCH = "2026-10-01T00:00:00Z"
"""When everything began: the one date in seeded objects."""

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def stable(text: str, length: int) -> str:
    """A name part as Kubernetes makes them, always the same for the same text."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:12], "big")
    letters = []
    for _ in range(length):
        number, digit = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[digit])
    return "".join(letters)


def node_object(node: Object, names: Mapping[str, Any]) -> Object:
    """A Node from `name zone type kubelet pod_ips` and, where they differ, `arch os kernel public_ip labels taints`.

    `names` holds `<name>.id`, `<name>.ip` and `<name>.dns` of every node with an instance.
    `id_is_name: true` is Auto Mode's way to name nodes; a node with `fargate: <profile>` has no instance and needs an `ip`.
    """
    region, arch = node["zone"][:-1], node.get("arch", "amd64")
    if "fargate" in node:
        ip = node["ip"]
        dns = f"ip-{ip.replace('.', '-')}.{region}.compute.internal"
        name = f"fargate-{dns}"
        provider_id = f"aws:///{node['zone']}/{stable(node['name'], 10)}/{name}"
        kind = {"eks.amazonaws.com/compute-type": "fargate"}
    else:
        instance, ip, dns = (names[f"{node['name']}.{part}"] for part in ("id", "ip", "dns"))
        name = instance if node.get("id_is_name") else dns
        provider_id = f"aws:///{node['zone']}/{instance}"
        kind = {"node.kubernetes.io/instance-type": node["type"]}
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status",
             "lastHeartbeatTime": EPOCH, "lastTransitionTime": EPOCH}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {
            "kubernetes.io/arch": arch, "kubernetes.io/os": "linux", "kubernetes.io/hostname": name,
            "topology.kubernetes.io/region": region, "topology.kubernetes.io/zone": node["zone"],
            **kind, **node.get("labels", {}),
        }},
        "spec": {"providerID": provider_id, **({"taints": node["taints"]} if "taints" in node else {})},
        "status": {
            "addresses": [{"type": "InternalIP", "address": ip}, {"type": "InternalDNS", "address": dns},
                          {"type": "Hostname", "address": name}]
            + ([{"type": "ExternalIP", "address": node["public_ip"]}] if "public_ip" in node else []),
            "capacity": {"cpu": "2", "memory": "7934648Ki", "pods": "29"},
            "allocatable": {"cpu": "1930m", "memory": "7244472Ki", "pods": "29"},
            "conditions": [ready],
            "nodeInfo": {
                "architecture": arch, "operatingSystem": "linux",
                "bootID": "", "machineID": "", "systemUUID": "", "kubeProxyVersion": "",
                "kernelVersion": node.get("kernel", "6.12.46-66.121.amzn2023.x86_64"),
                "osImage": node.get("os", "Amazon Linux 2023.9.20251014"),
                "containerRuntimeVersion": "containerd://2.1.4",
                "kubeletVersion": node["kubelet"],
            },
        },
    }


def definition(item: Object) -> Object:
    """A CustomResourceDefinition from `kind plural group version` and `scope` (Namespaced unless told).

    It takes any fields: the seeds' objects are about what a scanner reads, not about what an operator accepts.
    """
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"type": "object", "properties": {"spec": anything, "status": anything}}
    names = {"kind": item["kind"], "plural": item["plural"], "singular": item["kind"].lower(), "listKind": f"{item['kind']}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{item['plural']}.{item['group']}"},
        "spec": {
            "group": item["group"],
            "scope": item.get("scope", "Namespaced"),
            "names": names,
            "versions": [{
                "name": item["version"], "served": True, "storage": True,
                "schema": {"openAPIV3Schema": schema}, "subresources": {"status": {}},
            }],
        },
    }
