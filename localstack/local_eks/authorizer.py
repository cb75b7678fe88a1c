"""What a real API server says about who may do what, to hold an evaluation of RBAC against.

Makes roles and bindings at random but the same for one number: wildcards and subresources, names, paths, aggregated roles, groups
of service accounts, bindings to nothing and to nobody. Then asks the API server about them, some questions as its
administrator (SubjectAccessReview) and some in the name of the subject (SelfSubjectAccessReview, impersonating), and
writes what it holds, what was asked and what it answered.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from . import api_servers
from .kube_client import KubeClient, KubeError
from .kubernetes_parts import Object

RBAC = "rbac.authorization.k8s.io"
LISTS = ("clusterroles", "roles", "clusterrolebindings", "rolebindings")

NAMESPACES = ("kube-system", "x", "y")
ACCOUNTS = (("x", "web"), ("x", "job"), ("y", "web"), ("kube-system", "agent"))
PEOPLE = (("ann", ("dev",)), ("bob", ("dev", "ops")), ("eve", ()), ("system:anonymous", ()), ("root", ("system:masters",)))
GROUPS = (
    "dev", "ops", "nobody", "system:authenticated", "system:unauthenticated",
    "system:serviceaccounts", "system:serviceaccounts:x", "system:serviceaccounts:y",
)
VERBS = ("get", "list", "watch", "create", "update", "delete", "impersonate", "bind", "deletecollection")
API_GROUPS = ("", "apps", RBAC, "example.com")
RESOURCES = (
    "pods", "pods/exec", "pods/log", "secrets", "nodes", "nodes/proxy", "namespaces", "users", "groups",
    "serviceaccounts/token", "deployments", "deployments/scale", "clusterroles", "widgets", "widgets/exec",
)
RESOURCE_PATTERNS = (*RESOURCES, *RESOURCES, "*", "*/exec", "*/scale", "*/proxy", "pods/*", "*/*", "pod")
NAMES = ("", "", "a", "b", "x")
PATHS = ("/metrics", "/logs/kube", "/logs", "/healthz", "/version", "/apis", "/")
PATH_PATTERNS = ("/metrics", "/logs/*", "/logs*", "*", "/healthz", "/**")

CALM, WORKERS = 1.0, 8
"""Seconds in which nothing changes once the aggregation is done; how many ask at once."""


def write(out: Path, binary: Path, number: int, count: int) -> None:
    """Starts an API server of its own, asks it `count` questions, stops it, and writes the answers to `out`."""
    with tempfile.TemporaryDirectory(prefix="local-eks-") as directory:
        # Nobody logs in with a token of AWS, so nobody asks the webhook.
        server = api_servers.start({"authorizer": "1.36"}, Path(directory), "http://127.0.0.1:1", binary)["authorizer"]
        try:
            out.write_text(json.dumps(_answers(server.admin, random.Random(number), count)))
        finally:
            server.stop()


def _answers(admin: KubeClient, dice: random.Random, count: int) -> Object:
    _make(admin, _population(dice, _aggregates(admin)))
    _settle(admin)
    held = {name: admin.get(f"/apis/{RBAC}/v1/{name}")["items"] for name in LISTS}
    questions = [_question(dice, held, index) for index in range(count)]
    with ThreadPoolExecutor(WORKERS) as pool:
        answers = pool.map(lambda it: _ask(admin, it), questions)
        asked = [{**question, "allowed": allowed} for question, allowed in zip(questions, answers, strict=True)]
    return {"held": held, "asked": asked}


def _aggregates(admin: KubeClient) -> bool:
    """Whether anybody fills aggregated roles: nobody does beside an API server of KUBEBUILDER_ASSETS."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if (admin.get_or_none(f"/apis/{RBAC}/v1/clusterroles/admin") or {}).get("rules"):
            return True
        time.sleep(0.1)
    return False


def _population(dice: random.Random, aggregates: bool) -> list[tuple[str, Object]]:
    """Objects with the path of their collection; what proves that all was seen comes last."""
    made: list[tuple[str, Object]] = [
        ("/api/v1/namespaces", {"metadata": {"name": name}}) for name in NAMESPACES if name != "kube-system"
    ]
    cluster_roles = [f"cr-{index}" for index in range(50)]
    for name in cluster_roles:
        labels = {"part": dice.choice("abc")} if dice.random() < 0.3 else {}
        made.append(_rbac("clusterroles", {"metadata": {"name": name, "labels": labels}, "rules": _rules(dice, True)}))
    if aggregates:
        for name, selector in (
            ("sum-a", {"matchLabels": {"part": "a"}}),
            ("sum-bc", {"matchExpressions": [{"key": "part", "operator": "In", "values": ["b", "c"]}]}),
            ("sum-sums", {"matchLabels": {"sum": "true"}}),
        ):
            labels = {} if name == "sum-sums" else {"sum": "true"}
            rule = {"clusterRoleSelectors": [selector]}
            made.append(_rbac("clusterroles", {"metadata": {"name": name, "labels": labels}, "aggregationRule": rule}))
            cluster_roles.append(name)
        cluster_roles += ["view", "edit", "admin", "cluster-admin"]
    roles = {namespace: [f"r-{index}" for index in range(15)] for namespace in NAMESPACES}
    for namespace, names in roles.items():
        made += [_rbac("roles", {"metadata": {"name": name}, "rules": _rules(dice, False)}, namespace) for name in names]
    for index in range(40):
        body = _binding(f"crb-{index}", "ClusterRole", dice.choice([*cluster_roles, "gone"]), _subjects(dice))
        made.append(_rbac("clusterrolebindings", body))
    for namespace in NAMESPACES:
        for index in range(30):
            kind = dice.choice(("Role", "ClusterRole"))
            name = dice.choice([*(roles[namespace] if kind == "Role" else cluster_roles), "gone"])
            made.append(_rbac("rolebindings", _binding(f"rb-{index}", kind, name, _subjects(dice)), namespace))
    return made


def _rbac(plural: str, body: Object, namespace: str = "") -> tuple[str, Object]:
    within = f"namespaces/{namespace}/" if namespace else ""
    return f"/apis/{RBAC}/v1/{within}{plural}", body


def _binding(name: str, kind: str, role: str, subjects: list[Object] | None) -> Object:
    return {"metadata": {"name": name}, "roleRef": {"apiGroup": RBAC, "kind": kind, "name": role}, "subjects": subjects}


def _rules(dice: random.Random, paths: bool) -> list[Object]:
    return [_rule(dice, paths) for _ in range(dice.randint(0, 3))]


def _rule(dice: random.Random, paths: bool) -> Object:
    def some(values: tuple[str, ...], most: int) -> list[str]:
        return dice.sample(values, dice.randint(1, most))

    verbs = ["*"] if dice.random() < 0.15 else some(VERBS, 3)
    if paths and dice.random() < 0.2:
        return {"verbs": verbs, "nonResourceURLs": some(PATH_PATTERNS, 2)}
    rule = {"verbs": verbs, "apiGroups": some((*API_GROUPS, "*"), 2), "resources": some(RESOURCE_PATTERNS, 3)}
    if dice.random() < 0.25:
        rule["resourceNames"] = some(("a", "b", "x"), 2)
    return rule


def _subjects(dice: random.Random) -> list[Object] | None:
    if dice.random() < 0.05:
        return None
    return [_subject(dice) for _ in range(dice.randint(1, 3))]


def _subject(dice: random.Random) -> Object:
    kind = dice.choice(("ServiceAccount", "ServiceAccount", "User", "Group"))
    if kind == "ServiceAccount":
        namespace, name = dice.choice((*ACCOUNTS, ("y", "gone")))
        return {"kind": kind, "namespace": namespace, "name": name}
    # What is one's user name may be another's group, and an account may be named as a user.
    users = ("ann", "bob", "eve", "dev", "system:anonymous", "system:serviceaccount:x:web", "system:serviceaccount:x:*")
    return {"apiGroup": RBAC, "kind": kind, "name": dice.choice(users if kind == "User" else (*GROUPS, "ann"))}


def _make(admin: KubeClient, population: list[tuple[str, Object]]) -> None:
    for path, body in population:
        try:
            admin.request("POST", path, body)
        except KubeError as error:
            if error.status != 409:
                raise


def _settle(admin: KubeClient) -> None:
    """Until aggregated roles change no more, and the authorizer has seen the last object of every kind."""
    before, since = None, time.monotonic()
    while time.monotonic() - since < CALM:
        roles = admin.get(f"/apis/{RBAC}/v1/clusterroles")["items"]
        now = {item["metadata"]["name"]: item.get("rules") for item in roles}
        if now != before:
            before, since = now, time.monotonic()
        time.sleep(0.1)
    rule = {"verbs": ["see"], "apiGroups": ["seen"], "resources": ["all"]}
    subject = {"apiGroup": RBAC, "kind": "User", "name": "last"}
    _make(admin, [
        _rbac("clusterroles", {"metadata": {"name": "last"}, "rules": [rule]}),
        _rbac("roles", {"metadata": {"name": "last"}, "rules": [{**rule, "verbs": ["look"]}]}, "x"),
        _rbac("clusterrolebindings", _binding("last", "ClusterRole", "last", [subject])),
        _rbac("rolebindings", _binding("last", "Role", "last", [subject]), "x"),
    ])
    for verb in ("see", "look"):
        question = {
            "user": "last", "groups": [], "self": False,
            "verb": verb, "group": "seen", "resource": "all", "name": "", "namespace": "x",
        }
        while not _ask(admin, question):
            time.sleep(0.05)


def _question(dice: random.Random, held: dict[str, list[Object]], index: int) -> Object:
    """Most are near a right that somebody has; `self` ones are asked in the subject's name."""
    user, groups = dice.choice((*PEOPLE, *((f"system:serviceaccount:{namespace}:{name}", ()) for namespace, name in ACCOUNTS)))
    # Only who has logged in may ask about itself.
    question: Object = {"user": user, "groups": list(groups), "self": index % 5 == 0 and user != "system:anonymous"}
    verb = dice.choice(VERBS)
    if dice.random() < 0.1:
        return {**question, "verb": verb, "path": dice.choice(PATHS)}
    asked = {
        "verb": verb, "group": dice.choice(API_GROUPS), "resource": dice.choice(RESOURCES),
        "name": dice.choice(NAMES), "namespace": dice.choice(("", *NAMESPACES)),
    }
    rules = [rule for item in (*held["clusterroles"], *held["roles"]) for rule in item.get("rules") or () if "resources" in rule]
    if dice.random() < 0.7:
        rule = dice.choice(rules)
        for key, values in (("verb", rule["verbs"]), ("group", rule["apiGroups"]), ("resource", rule["resources"])):
            value = dice.choice(values)
            if "*" not in value and dice.random() < 0.9:
                asked[key] = value
    return {**question, **asked}


def _ask(admin: KubeClient, question: Object) -> bool:
    spec: dict[str, Any] = {}
    if "path" in question:
        spec["nonResourceAttributes"] = {"verb": question["verb"], "path": question["path"]}
    else:
        resource, _, subresource = question["resource"].partition("/")
        wanted = {key: question[key] for key in ("verb", "group", "name", "namespace")}
        spec["resourceAttributes"] = {**wanted, "resource": resource, "subresource": subresource}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    if question["self"]:
        review["kind"] = "SelfSubjectAccessReview"
        path, headers = "selfsubjectaccessreviews", [("Impersonate-User", question["user"])]
        headers += [("Impersonate-Group", group) for group in question["groups"]]
    else:
        path, headers = "subjectaccessreviews", []
        spec |= {"user": question["user"], "groups": [*question["groups"], *_implied(question["user"])]}
    answer = admin.request("POST", f"/apis/authorization.k8s.io/v1/{path}", review, headers=headers)
    return answer["status"]["allowed"]


def _implied(user: str) -> list[str]:
    """The groups that a login gives a user, and that impersonation adds by itself."""
    if user == "system:anonymous":
        return ["system:unauthenticated"]
    if user.startswith("system:serviceaccount:"):
        namespace = user.split(":")[2]
        return ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"]
    return ["system:authenticated"]
