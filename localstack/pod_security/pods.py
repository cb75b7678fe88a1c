"""Makes up pods around the edges of the Pod Security Standards: the same for the same seed.

A pod starts hardened or bare and is changed in a few places. Most come out valid; the API server says which.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

Pod = dict[str, Any]
Change = Callable[[random.Random, Pod], None]

HARDENED = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
CAPABILITIES = (
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID",
    "SETPCAP", "SETUID", "SYS_CHROOT", "NET_RAW", "NET_ADMIN", "SYS_TIME", "CAP_CHOWN", "chown", "ALL",
)
SYSCTLS = (
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range", "net.ipv4.tcp_syncookies", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem", "net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_slow_start_after_idle", "kernel.msgmax",
    "net/ipv4/tcp_syncookies", "net.core.somaxconn",
)
VOLUMES: tuple[dict[str, Any], ...] = (
    {},
    {"emptyDir": {}},
    {"configMap": {"name": "a"}},
    {"secret": {"secretName": "a"}},
    {"downwardAPI": {"items": []}},
    {"projected": {"sources": [{"configMap": {"name": "a"}}]}},
    {"csi": {"driver": "a.example.com"}},
    {"persistentVolumeClaim": {"claimName": "a"}},
    {"ephemeral": {"volumeClaimTemplate": {"spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}}},
    {"image": {"reference": "a:1"}},
    {"hostPath": {"path": "/a"}},
    {"hostPath": {"path": "/a", "type": "File"}},
    {"nfs": {"server": "a", "path": "/"}},
    {"iscsi": {"targetPortal": "10.0.0.1", "iqn": "iqn.2001-04.com.example:a", "lun": 0}},
    {"gitRepo": {"repository": "https://example.com/a"}},
    {"flexVolume": {"driver": "a/b"}},
    {"awsElasticBlockStore": {"volumeID": "vol-0"}},
    {"gcePersistentDisk": {"pdName": "a"}},
    {"azureDisk": {"diskName": "a", "diskURI": "https://blob/a"}},
    {"azureFile": {"secretName": "a", "shareName": "b"}},
    {"cephfs": {"monitors": ["a"]}},
    {"cinder": {"volumeID": "a"}},
    {"fc": {"targetWWNs": ["a"], "lun": 0}},
    {"glusterfs": {"endpoints": "a", "path": "b"}},
    {"portworxVolume": {"volumeID": "a"}},
    {"quobyte": {"registry": "a:1", "volume": "b"}},
    {"rbd": {"monitors": ["a"], "image": "b"}},
    {"vsphereVolume": {"volumePath": "a"}},
    {"storageos": {"volumeName": "a"}},
    {"scaleIO": {"gateway": "a", "system": "b", "volumeName": "c", "secretRef": {"name": "d"}}},
    {"flocker": {"datasetName": "a"}},
    {"photonPersistentDisk": {"pdID": "a"}},
)
PROFILES = (
    {"type": "RuntimeDefault"},
    {"type": "Localhost", "localhostProfile": "a"},
    {"type": "Unconfined"},
)
HOSTS = ("", "localhost", "127.0.0.1", "example.com")
ANNOTATED = ("runtime/default", "docker/default", "localhost/a", "unconfined", "")


def generate(seed: int, number: int) -> list[Pod]:
    """`number` pods without a namespace."""
    chance = random.Random(seed)
    return [_pod(chance, index) for index in range(number)]


def _pod(chance: random.Random, index: int) -> Pod:
    hardened = chance.random() < 0.6
    pod: Pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"pod-{index}", "annotations": {}},
        "spec": {"containers": [], "initContainers": [], "securityContext": {}},
    }
    for number in range(chance.choice((1, 1, 1, 2))):
        pod["spec"]["containers"].append(_container(f"main-{number}", hardened))
    if chance.random() < 0.25:
        pod["spec"]["initContainers"].append(_container("init", hardened))
    if hardened and chance.random() < 0.5:
        _lift(pod)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 3, 5))):
        chance.choice(CHANGES)(chance, pod)
    return pod


def _container(name: str, hardened: bool) -> dict[str, Any]:
    context = {key: dict(value) if isinstance(value, dict) else value for key, value in HARDENED.items()} if hardened else {}
    return {"name": name, "image": "example.com/a:1", "securityContext": context}


def _lift(pod: Pod) -> None:
    """Says for the pod what its containers have said."""
    for container in _containers(pod):
        for key in ("runAsNonRoot", "seccompProfile"):
            pod["spec"]["securityContext"][key] = container["securityContext"].pop(key)


def _containers(pod: Pod) -> list[dict[str, Any]]:
    return pod["spec"]["containers"] + pod["spec"]["initContainers"]


def _one(chance: random.Random, pod: Pod) -> dict[str, Any]:
    return chance.choice(_containers(pod))


def _put(context: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        context.pop(key, None)
    else:
        context[key] = value


def _host_namespace(chance: random.Random, pod: Pod) -> None:
    pod["spec"][chance.choice(("hostNetwork", "hostPID", "hostIPC"))] = chance.random() < 0.8


def _host_users(chance: random.Random, pod: Pod) -> None:
    pod["spec"]["hostUsers"] = chance.random() < 0.2


def _privileged(chance: random.Random, pod: Pod) -> None:
    context = _one(chance, pod)["securityContext"]
    context["privileged"] = chance.random() < 0.7
    if context["privileged"]:
        context.pop("allowPrivilegeEscalation", None)  # the API refuses false beside it


def _escalation(chance: random.Random, pod: Pod) -> None:
    _put(_one(chance, pod)["securityContext"], "allowPrivilegeEscalation", chance.choice((True, False, None)))


def _capabilities(chance: random.Random, pod: Pod) -> None:
    capabilities = _one(chance, pod)["securityContext"].setdefault("capabilities", {})
    if chance.random() < 0.5:
        capabilities["add"] = chance.sample(CAPABILITIES, chance.choice((1, 1, 2)))
    else:
        _put(capabilities, "drop", chance.choice((["ALL"], ["all"], ["NET_RAW"], ["KILL", "ALL"], ["CAP_ALL"], None)))


def _volume(chance: random.Random, pod: Pod) -> None:
    volumes = pod["spec"].setdefault("volumes", [])
    volumes.append({"name": f"volume-{len(volumes)}", **chance.choice(VOLUMES)})


def _port(chance: random.Random, pod: Pod) -> None:
    port = chance.choice((0, 0, 80, 443))
    _one(chance, pod)["ports"] = [{"containerPort": port or 80, "hostPort": port}]


def _probe(chance: random.Random, pod: Pod) -> None:
    handler = _handler(chance)
    if chance.random() < 0.6:
        chance.choice(pod["spec"]["containers"])[chance.choice(("livenessProbe", "readinessProbe", "startupProbe"))] = handler
    else:
        chance.choice(pod["spec"]["containers"])["lifecycle"] = {chance.choice(("postStart", "preStop")): handler}


def _handler(chance: random.Random) -> dict[str, Any]:
    host = chance.choice(HOSTS)
    return chance.choice(({"httpGet": {"host": host, "port": 80}}, {"tcpSocket": {"host": host, "port": 80}}))


def _profile(chance: random.Random, pod: Pod) -> None:
    context = chance.choice((pod["spec"], _one(chance, pod)))["securityContext"]
    _put(context, chance.choice(("seccompProfile", "appArmorProfile")), chance.choice((*PROFILES, None)))


def _annotation(chance: random.Random, pod: Pod) -> None:
    name = _one(chance, pod)["name"]
    key = chance.choice((
        f"container.apparmor.security.beta.kubernetes.io/{name}",
        "seccomp.security.alpha.kubernetes.io/pod",
        f"container.seccomp.security.alpha.kubernetes.io/{name}",
        "container.seccomp.security.alpha.kubernetes.io/nobody",
    ))
    pod["metadata"]["annotations"][key] = chance.choice(ANNOTATED)


def _selinux(chance: random.Random, pod: Pod) -> None:
    types = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t", "spc_t")
    options = {"type": chance.choice(types)} if chance.random() < 0.8 else {"level": "s0:c1"}
    for key in ("user", "role"):
        if chance.random() < 0.15:
            options[key] = chance.choice(("", "system_x"))
    chance.choice((pod["spec"], _one(chance, pod)))["securityContext"]["seLinuxOptions"] = options


def _proc_mount(chance: random.Random, pod: Pod) -> None:
    mount = chance.choice(("Default", "Unmasked", "Unmasked"))
    _one(chance, pod)["securityContext"]["procMount"] = mount
    if mount == "Unmasked":
        pod["spec"]["hostUsers"] = False  # the API refuses it otherwise


def _sysctl(chance: random.Random, pod: Pod) -> None:
    names = chance.sample(SYSCTLS, chance.choice((1, 1, 2)))
    pod["spec"]["securityContext"]["sysctls"] = [{"name": name, "value": "1"} for name in names]


def _user(chance: random.Random, pod: Pod) -> None:
    context = chance.choice((pod["spec"], _one(chance, pod)))["securityContext"]
    if chance.random() < 0.5:
        _put(context, "runAsUser", chance.choice((0, 1000, None)))
    else:
        _put(context, "runAsNonRoot", chance.choice((True, False, None)))


def _host_process(chance: random.Random, pod: Pod) -> None:
    """The API wants it to be the same for all, and on the host's network."""
    pod["spec"]["hostNetwork"] = True
    options = {"hostProcess": chance.random() < 0.7}
    if chance.random() < 0.5:
        pod["spec"]["securityContext"]["windowsOptions"] = options
        return
    for container in _containers(pod):
        container["securityContext"]["windowsOptions"] = options


def _system(chance: random.Random, pod: Pod) -> None:
    """Windows pods may not say what only Linux has."""
    name = chance.choice(("linux", "windows", "windows"))
    pod["spec"]["os"] = {"name": name}
    if name == "linux":
        return
    for key in ("hostPID", "hostIPC", "hostUsers"):
        pod["spec"].pop(key, None)
    keep = {"runAsNonRoot", "windowsOptions"}
    for holder in (pod["spec"], *_containers(pod)):
        holder["securityContext"] = {key: value for key, value in holder["securityContext"].items() if key in keep}


CHANGES: tuple[Change, ...] = (
    _host_namespace, _host_users, _privileged, _escalation, _escalation, _capabilities, _capabilities, _volume, _volume, _volume,
    _port, _probe, _profile, _profile, _annotation, _annotation, _selinux, _proc_mount, _sysctl, _user, _user, _host_process,
    _system,
)
