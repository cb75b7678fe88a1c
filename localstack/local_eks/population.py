"""A population: the seed of one cluster made from a number, with any count of pods, owners and namespaces, and the truth beside it.

As in `fleet`, every kind of weakness in `WEAKNESSES` is planted at random and nothing else of its kind is there;
`expected.yaml` lists by rule where.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .fleet import EPOCH
from .moto_account import ACCOUNT
from .planting import Planted, as_yaml

Item = dict[str, Any]

CLUSTER, REGION = "crowd", "eu-west-1"
ARN = f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{CLUSTER}"
RBAC = "rbac.authorization.k8s.io"
PODS_ON_A_NODE = 50

WEAKNESSES = {
    "container-privileged": 0.05,
    "container-dangerous-capability": 0.05,
    "container-writable-root-filesystem": 0.2,
    "pod-host-network": 0.05,
    "pod-host-pid": 0.05,
    "secret-literal-in-pod": 0.1,
    "volume-host-path-sensitive": 0.05,
    "namespace-pod-security-unenforced": 0.5,
    "service-node-port": 0.1,
    "rbac-accesses-secrets": 0.1,
    "rbac-wildcard-granted": 0.1,
}
"""Rules, and how likely one subject of theirs fails."""

_KINDS = (("apps/v1", "Deployment"), ("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"), ("batch/v1", "Job"))


@dataclass
class Population(Planted):
    """What is asked for, and what has come together so far."""

    weaknesses = WEAKNESSES

    pods: int
    owners: int
    namespaces: int
    objects: list[Item] = field(default_factory=list)
    bare: set[str] = field(default_factory=set)
    """Namespaces that enforce no level: only they admit pods with weaknesses."""

    def plant(self, rule: str, subject: str) -> bool:
        return super().plant(rule, f"{ARN}/{subject}")


def write(population: Population, directory: Path) -> None:
    """Makes the seed `directory`, which may not exist yet."""
    population.expected["namespace-pod-security-unenforced"].append(f"{ARN}/core/Namespace//default")
    names = [f"team-{number:03}" for number in range(population.namespaces)]
    for name in names:
        _namespace(population, name)
    for number in range(population.owners):
        pods = population.pods // population.owners + (number < population.pods % population.owners)
        _owner(population, number, names[number % len(names)], pods)
    nodes = -(-population.pods // PODS_ON_A_NODE) or 1
    (directory / "aws").mkdir(parents=True)
    (directory / "kubernetes" / CLUSTER).mkdir(parents=True)
    (directory / "aws" / "00-account.yaml").write_text(as_yaml(_account(nodes)))
    documents = [{"include": ["eks-defaults", "eksray-reader"], "with": {"cluster": CLUSTER, "region": REGION}}]
    documents += [{"nodes": [_node(number) for number in range(nodes)]}, *population.objects]
    text = "---\n".join(as_yaml(it) for it in documents)
    (directory / "kubernetes" / CLUSTER / "population.yaml").write_text(text)
    population.write_expected(directory)


def _account(nodes: int) -> Item:
    """As little of AWS as the login and the nodes need."""
    launched = {
        "MinCount": nodes,
        "MaxCount": nodes,
        "ImageId": "ami-0a1b2c3d4e5f60132",
        "InstanceType": "m6i.large",
        # moto gives instances of a subnet addresses of their own, and random ones, which meet, to all others.
        "SubnetId": "${subnet}",
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": f"kubernetes.io/cluster/{CLUSTER}", "Value": "owned"}]}],
    }
    named = {
        f"node-{number}.{part}": f"Instances[{number}].{member}"
        for number in range(nodes)
        for part, member in (("id", "InstanceId"), ("ip", "PrivateIpAddress"), ("dns", "PrivateDnsName"))
    }
    return {
        "epoch": EPOCH,
        "regions": {"enabled": [REGION]},
        "region": REGION,
        "steps": [
            {"iam.create_user": {"UserName": "scanner"}},
            {
                "iam.create_access_key": {"UserName": "scanner"},
                "as": {"scanner-key": "AccessKey.{AccessKeyId: AccessKeyId, SecretAccessKey: SecretAccessKey}"},
            },
            {"ec2.create_vpc": {"CidrBlock": "10.60.0.0/16"}, "as": {"vpc": "Vpc.VpcId"}},
            {"ec2.create_subnet": {"VpcId": "${vpc}", "CidrBlock": "10.60.0.0/17"}, "as": {"subnet": "Subnet.SubnetId"}},
            {"ec2.run_instances": launched, "as": named},
        ],
        "identities": {"scanner": "${scanner-key}"},
        "cluster": {
            "describe": {
                "name": CLUSTER,
                "version": "1.35",
                "platformVersion": "eks.5",
                "roleArn": f"arn:aws:iam::{ACCOUNT}:role/{CLUSTER}",
                "resourcesVpcConfig": {"subnetIds": [], "endpointPublicAccess": True, "endpointPrivateAccess": True},
                "accessConfig": {"authenticationMode": "API"},
            },
            "access_entries": [{"principalArn": f"arn:aws:iam::{ACCOUNT}:user/scanner", "kubernetesGroups": ["eksray-readers"]}],
        },
    }


def _node(number: int) -> Item:
    block, host = divmod(number, 4)
    return {
        "name": f"node-{number}",
        "zone": f"{REGION}{'ab'[number % 2]}",
        "type": "m6i.large",
        "kubelet": "v1.35.2-eks-113cf36",
        "pod_ips": f"10.{100 + block // 250}.{block % 250}.{64 * host + 1}",
    }


def _namespace(population: Population, name: str) -> None:
    """With accounts that nothing runs as, and perhaps too much for them."""
    if population.plant("namespace-pod-security-unenforced", f"core/Namespace//{name}"):
        population.bare.add(name)
    labels = {} if name in population.bare else {"pod-security.kubernetes.io/enforce": "restricted"}
    population.objects.append(_object("v1", "Namespace", name, labels=labels))
    for rule, resources, verbs in (
        ("rbac-accesses-secrets", ["secrets"], ["get", "list"]),
        ("rbac-wildcard-granted", ["deployments"], ["*"]),
    ):
        account = rule.split("-")[1]
        subject = f"{RBAC}/ClusterRoleBinding//{name}-{account}#ServiceAccount/{name}/{account}"
        if not population.plant(rule, subject):
            continue
        group = "apps" if resources == ["deployments"] else ""
        reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": f"{name}-{account}"}
        held_by = [{"kind": "ServiceAccount", "name": account, "namespace": name}]
        population.objects += [
            _object("v1", "ServiceAccount", account, name),
            _object(f"{RBAC}/v1", "ClusterRole", f"{name}-{account}", rules=[{"apiGroups": [group], "resources": resources, "verbs": verbs}]),
            _object(f"{RBAC}/v1", "ClusterRoleBinding", f"{name}-{account}", roleRef=reference, subjects=held_by),
        ]


def _owner(population: Population, number: int, namespace: str, pods: int) -> None:
    version, kind = _KINDS[number % len(_KINDS)]
    name = f"app-{number:05}"
    subject = f"{version.split('/')[0]}/{kind}/{namespace}/{name}"
    kinds = ("container-", "pod-", "secret-", "volume-") if namespace in population.bare else ("container-writable", "secret-")
    plants = {rule for rule in WEAKNESSES if rule.startswith(kinds) and population.plant(rule, subject)}
    labels = {"app": name}
    spec: Item = {"template": {"metadata": {"labels": labels}, "spec": _pod(plants, kind)}}
    if kind == "Job":
        spec["parallelism"] = pods
    else:
        spec |= {"replicas": pods, "selector": {"matchLabels": labels}}
    if kind == "StatefulSet":
        spec["serviceName"] = name
    population.objects.append({**_object(version, kind, name, namespace, spec=spec), "pods": pods})
    node_port = kind != "Job" and population.plant("service-node-port", f"core/Service/{namespace}/{name}")
    if kind != "Job":
        ports = [{"port": 80, "targetPort": 8080}]
        population.objects.append(_object("v1", "Service", name, namespace, spec={"type": "NodePort" if node_port else "ClusterIP", "selector": labels, "ports": ports}))


def _pod(plants: set[str], kind: str) -> Item:
    """What level restricted admits, but for what is planted."""
    context: Item = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": "container-writable-root-filesystem" not in plants,
        "capabilities": {"drop": ["ALL"]},
    }
    container = _container("app", 8080, context)
    spec: Item = {
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container, _container("proxy", 15021, {**context, "readOnlyRootFilesystem": True})],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}],
    }
    if kind == "Job":
        spec["restartPolicy"] = "Never"
    if "container-privileged" in plants:
        container["securityContext"] = {"privileged": True, "readOnlyRootFilesystem": context["readOnlyRootFilesystem"]}
    if "container-dangerous-capability" in plants:
        container["securityContext"]["capabilities"] = {"drop": ["ALL"], "add": ["SYS_ADMIN"]}
        container["securityContext"].pop("allowPrivilegeEscalation", None)
    if "secret-literal-in-pod" in plants:
        container["env"].append({"name": "DB_PASSWORD", "value": "canary-population"})
    if "volume-host-path-sensitive" in plants:
        spec["volumes"].append({"name": "host", "hostPath": {"path": "/etc/kubernetes"}})
        container["volumeMounts"].append({"name": "host", "mountPath": "/host"})
    spec |= {"hostNetwork": True} if "pod-host-network" in plants else {}
    spec |= {"hostPID": True} if "pod-host-pid" in plants else {}
    return spec


def _container(name: str, port: int, context: Item) -> Item:
    """With what a usual one has, so that a page of pods weighs what it weighs elsewhere: some 10 KB each."""
    settings = {"LOG_LEVEL": "info", "LOG_FORMAT": "json", "HTTP_PORT": str(port), "HTTP_TIMEOUT": "30s", "CACHE_SIZE": "4096", "TZ": "UTC"}
    fields = {"POD_NAME": "metadata.name", "POD_NAMESPACE": "metadata.namespace", "POD_IP": "status.podIP", "NODE_NAME": "spec.nodeName"}
    probe = {"httpGet": {"path": "/healthz", "port": port}, "periodSeconds": 10, "timeoutSeconds": 2}
    return {
        "name": name,
        "image": f"example.com/{name}@sha256:{'0' * 64}",
        "args": ["serve", f"--listen=:{port}", "--shutdown-timeout=20s"],
        "ports": [{"name": "http" if name == "app" else "status", "containerPort": port}],
        "env": [{"name": key, "value": value} for key, value in settings.items()]
        + [{"name": key, "valueFrom": {"fieldRef": {"fieldPath": path}}} for key, path in fields.items()],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "livenessProbe": probe,
        "readinessProbe": probe,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
        "securityContext": context,
    }


def _object(version: str, kind: str, name: str, namespace: str = "", labels: Item | None = None, **rest: Any) -> Item:
    metadata: Item = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = labels
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}
