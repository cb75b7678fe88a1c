"""`python -m manifests FOLDER STATE`: API servers that hold the manifests of a folder, on each as many as have no object in common.

Prints `[{"kubeconfig": …, "files": […]}]` when everything is applied, and ends with its input. Objects of kinds that neither
the API server nor a manifest beside them defines are left out: whoever installs them brings their definition from elsewhere.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from local_eks import api_servers, seed_kubernetes
from local_eks.kube_client import KubeClient, kubeconfig
from local_eks.launcher import api_server_binary, true_version

Object = dict[str, Any]
Identity = tuple[str, ...]


class Cluster:
    def __init__(self) -> None:
        self.files: list[str] = []
        self.objects: dict[Identity, Object] = {}


def main() -> int:
    folder, state = map(Path, sys.argv[1:])
    clusters: dict[str, Cluster] = {}
    for path in sorted(folder.glob("*.yaml")):
        _place(path, clusters)
    # Nobody but its administrator logs in, so that no login is asked.
    versions = dict.fromkeys(clusters, true_version())
    servers = api_servers.start(versions, state, "http://127.0.0.1:9", api_server_binary())
    try:
        for name, cluster in clusters.items():
            seed_kubernetes.apply_objects(servers[name].admin, _served(cluster, servers[name].admin))
        print(json.dumps([_told(state / name, servers[name], it) for name, it in clusters.items()]), flush=True)
        sys.stdin.read()
    finally:
        for server in servers.values():
            server.stop()
    return 0


def _place(path: Path, clusters: dict[str, Cluster]) -> None:
    """Puts a file's objects into the first cluster that has none of them; definitions and namespaces may be shared."""
    objects = {_identity(item): item for item in _read(path)}
    own = {identity for identity in objects if identity[1] not in ("CustomResourceDefinition", "Namespace")}
    free = next((it for it in clusters.values() if own.isdisjoint(it.objects)), None)
    if free is None:
        free = clusters.setdefault(f"manifests-{len(clusters) + 1}", Cluster())
    free.files.append(path.name)
    free.objects.update(objects)


def _read(path: Path) -> list[Object]:
    """What is installed with `--namespace` gets the namespace that the rest of its file has."""
    text = path.read_text()
    named = (line.strip().removeprefix("namespace: ") for line in text.splitlines() if line.strip().startswith("namespace: "))
    namespace = next(named, "default").strip("\"'")
    objects = []
    for document in filter(None, yaml.safe_load_all(text)):
        for item in document.get("items", [document]) if document["kind"].endswith("List") else [document]:
            item["metadata"].setdefault("namespace", namespace)
            objects.append(item)
    return objects


def _served(cluster: Cluster, client: KubeClient) -> list[Object]:
    """The objects that can be applied, with the namespaces that they are in."""
    kinds = set()
    roots = ["/api/v1", *(f"/apis/{it['groupVersion']}" for group in client.get("/apis")["groups"] for it in group["versions"])]
    for root in roots:
        kinds |= {(root.removeprefix("/apis/").removeprefix("/api/"), it["kind"]) for it in client.get(root)["resources"]}
    objects = list(cluster.objects.values())
    for spec in (item["spec"] for item in objects if item["kind"] == "CustomResourceDefinition"):
        kinds |= {(f"{spec['group']}/{version['name']}", spec["names"]["kind"]) for version in spec["versions"] if version["served"]}
    served = [item for item in objects if (item["apiVersion"], item["kind"]) in kinds]
    given = {item["metadata"]["name"] for item in served if item["kind"] == "Namespace"}
    lacking = {item["metadata"]["namespace"] for item in served} - given - set(seed_kubernetes.BUILT_IN)
    return [*({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": it}} for it in sorted(lacking)), *served]


def _told(folder: Path, server: api_servers.ApiServer, cluster: Cluster) -> dict[str, Any]:
    config = folder / "kubeconfig"
    config.touch(mode=0o600)
    config.write_text(json.dumps(kubeconfig(server.endpoint, server.ca_pem, server.admin_token)))
    return {"kubeconfig": str(config), "files": cluster.files}


def _identity(item: Object) -> Identity:
    return item["apiVersion"], item["kind"], item["metadata"]["namespace"], item["metadata"]["name"]


if __name__ == "__main__":
    sys.exit(main())
