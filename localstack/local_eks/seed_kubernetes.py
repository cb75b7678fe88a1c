"""Makes the objects of one cluster's seed in its API server, and their status.

A seed is a folder of YAML manifests in the short form of `kubernetes_expand`, where one document may say
`include: [addons/coredns, …]` (files of `seeds/kubernetes/`, for what several clusters have) and
`with: {region: eu-west-1}` (names for the whole cluster). `${name}` stands for what a name of the account's seed, or
of `with`, stands for. Everything goes through server-side apply, so applying a seed again changes nothing.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from .api_servers import ApiServer
from .kube_client import KubeClient, KubeError
from .kubernetes_expand import Object, expand
from .seed import substitute

SHARED = Path(__file__).parent.parent / "seeds" / "kubernetes"

_FIRST = ("CustomResourceDefinition", "Namespace", "ServiceAccount", "Node")
_OWNERS = ("Service", "Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "CronJob", "Job")
"""In an order in which every owner comes before what it owns."""
_LAST = ("Pod", "EndpointSlice")
_GATES = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
"""They would judge, or call webhooks that nobody answers, for every object after them."""
BUILT_IN = ("default", "kube-system", "kube-public", "kube-node-lease")
_WITHOUT_STATUS = {"Secret", "ConfigMap"}
_APPLY = "application/apply-patch+yaml"
_WORKERS = 8


def apply(api_server: ApiServer, seed_dir: Path, names: Mapping[str, Any] | None = None) -> None:
    """Seeds the cluster from `<seed_dir>/kubernetes/<its name>/`; `names` are the account's (`seed.Seed.names`)."""
    apply_objects(api_server.admin, expand(*read(seed_dir / "kubernetes" / api_server.name, names or {})))


def apply_objects(client: KubeClient, objects: list[Object]) -> None:
    """Makes whole objects, of kinds that the API server or definitions among them have."""
    _Seeding(client).all(objects + _default_accounts(objects))


def read(seed_dir: Path, names: Mapping[str, Any]) -> tuple[list[Object], dict[str, Any]]:
    """The documents of a seed with its includes, every name filled in; and the names."""
    documents, known = [], dict(names)
    for path in sorted(seed_dir.glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            if document and "include" in document:
                known.update(document.get("with", {}))
                for name in document["include"]:
                    documents += yaml.safe_load_all((SHARED / f"{name}.yaml").read_text())
            elif document:
                documents.append(document)
    if not documents:
        raise FileNotFoundError(f"{seed_dir} is no seed of a cluster: it holds no manifests")
    return [substitute(document, known) for document in documents if document], known


def _default_accounts(objects: list[Object]) -> list[Object]:
    """What the service-account controller makes in every namespace, where the seed does not."""
    given = {item["metadata"]["namespace"] for item in objects if _identity(item)[1::2] == ("ServiceAccount", "default")}
    namespaces = {item["metadata"]["name"] for item in objects if item["kind"] == "Namespace"}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}
        for name in sorted({*BUILT_IN, *namespaces} - given)
    ]


class _Seeding:
    def __init__(self, client: KubeClient):
        self._client = client
        self._paths: dict[tuple[str, str], tuple[str, bool]] = {}
        """Of apiVersion and kind: the resource's path and whether it is in namespaces."""
        self._uids: dict[tuple[str, ...], str] = {}

    def all(self, objects: list[Object]) -> None:
        by_kind: dict[str, list[Object]] = defaultdict(list)
        for item in objects:
            by_kind[item["kind"]].append(item)
        rest = [kind for kind in by_kind if kind not in (*_FIRST, *_OWNERS, *_LAST, *_GATES)]
        for kinds in (*((kind,) for kind in _FIRST), rest, *((kind,) for kind in (*_OWNERS, *_LAST)), _GATES):
            batch = [item for kind in kinds for item in by_kind[kind]]
            for version in {item["apiVersion"] for item in batch}:
                self._discover(version)
            _at_once(self._one, batch)
            for item in by_kind["CustomResourceDefinition"] if "CustomResourceDefinition" in kinds else ():
                self._wait_established(item)

    def _one(self, item: Object) -> None:
        meta, status = item["metadata"], item.get("status")
        meta["ownerReferences"] = [self._with_uid(owner, meta) for owner in meta.get("ownerReferences", [])]
        if item["kind"] == "EndpointSlice":
            for endpoint in item["endpoints"]:
                target = endpoint["targetRef"]
                target["uid"] = self._uids["v1", "Pod", target["namespace"], target["name"]]
        made = self._apply("", {key: value for key, value in item.items() if key != "status"})
        self._uids[_identity(item)] = made["metadata"]["uid"]
        if status and item["kind"] not in _WITHOUT_STATUS:
            identity = {key: meta[key] for key in ("name", "namespace") if key in meta}
            self._apply("/status", {"apiVersion": item["apiVersion"], "kind": item["kind"], "metadata": identity, "status": status})

    def _apply(self, subresource: str, item: Object) -> Object:
        meta = item["metadata"]
        path, namespaced = self._path(item)
        if not namespaced:
            meta.pop("namespace", None)
        within = f"/namespaces/{meta['namespace']}" if namespaced else ""
        root, _, resource = path.rpartition("/")
        target = f"{root}{within}/{resource}/{meta['name']}{subresource}?fieldManager=local-eks&force=true"
        return self._client.request("PATCH", target, item, _APPLY)

    def _with_uid(self, owner: Object, meta: Object) -> Object:
        if "uid" in owner:
            return owner  # of a kind that this cluster does not have
        return {**owner, "uid": self._uids[owner["apiVersion"], owner["kind"], meta.get("namespace", ""), owner["name"]]}

    def _discover(self, version: str) -> None:
        root = f"/api/{version}" if "/" not in version else f"/apis/{version}"
        for resource in self._client.get(root)["resources"]:
            if "/" not in resource["name"]:
                self._paths[version, resource["kind"]] = (f"{root}/{resource['name']}", resource["namespaced"])

    def _path(self, item: Object) -> tuple[str, bool]:
        try:
            return self._paths[item["apiVersion"], item["kind"]]
        except KeyError:
            raise ValueError(f"the cluster knows no {item['kind']} of {item['apiVersion']}") from None

    def _wait_established(self, definition: Object) -> None:
        """Until the kind can be used; it takes a fraction of a second."""
        name, spec = definition["metadata"]["name"], definition["spec"]
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"
            conditions = self._client.get(path).get("status", {}).get("conditions") or ()
            if any(item["type"] == "Established" and item["status"] == "True" for item in conditions):
                try:
                    served = next(item["name"] for item in spec["versions"] if item["served"])
                    self._client.get(f"/apis/{spec['group']}/{served}/{spec['names']['plural']}")
                    return
                except KubeError as error:
                    if error.status not in (404, 429):  # not served yet; its storage comes up
                        raise
            time.sleep(0.05)
        raise TimeoutError(f"CustomResourceDefinition {name} is not established")


def _identity(item: Object) -> tuple[str, ...]:
    return item["apiVersion"], item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]


def _at_once(make: Callable[[Object], None], items: Iterable[Object]) -> None:
    def explained(item: Object) -> None:
        try:
            make(item)
        except (KubeError, KeyError) as error:
            raise ValueError(f"{'/'.join(_identity(item))}: {error}") from error

    with ThreadPoolExecutor(_WORKERS) as pool:
        for _ in pool.map(explained, items):
            pass
