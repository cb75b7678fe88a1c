"""`python -m pod_security STATE OUT`: writes pods and what an API server of its true version says of them to OUT, as JSON.

Every pod is first created in a namespace that enforces nothing: the answer is the pod with its defaults, as a scan would read it,
or the refusal of what is no valid pod. Then it is created in namespaces that enforce a level, at the newest version and at
others. All is `dryRun=All`.
"""

from __future__ import annotations

import json
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from local_eks import api_servers
from local_eks.kube_client import KubeClient, KubeError
from local_eks.launcher import api_server_binary, true_version

from .pods import Pod, generate

SEED, NUMBER = 20261127, 2250
LEVELS = ("baseline", "restricted")
OTHERS = 1
"""At how many versions beside `latest` a pod is asked about."""

CALLERS = 6
Policy = tuple[str, str]


def main() -> int:
    state, out = Path(sys.argv[1]), Path(sys.argv[2])
    # Nobody but its administrator logs in, so that no login is asked.
    server = api_servers.start({"pods": true_version()}, state, "http://127.0.0.1:9", api_server_binary())["pods"]
    try:
        out.write_text(json.dumps(_ask(server.admin)))
    finally:
        server.stop()
    return 0


def _ask(client: KubeClient) -> dict[str, Any]:
    minor = int(client.get("/version")["minor"].rstrip("+"))
    # One that the API server does not know yet is taken for its own.
    versions = [f"v1.{number}" for number in (*range(minor + 1), minor + 3)]
    policies: list[Policy] = [(level, version) for level in LEVELS for version in ("latest", *versions)]
    with ThreadPoolExecutor(CALLERS) as callers:
        namespaces = [_namespace("anything", {}), *(_namespace(_name(policy), _labels(policy)) for policy in policies)]
        list(callers.map(lambda it: client.request("POST", "/api/v1/namespaces", it), namespaces))
        chance = random.Random(SEED)
        asked = [(pod, [*policies[:: len(versions) + 1], *chance.sample(policies, OTHERS)]) for pod in generate(SEED, NUMBER)]
        cases = list(callers.map(lambda it: _case(client, *it), asked))
        debugged = _debugged(client, [pod for pod, _ in asked[::10]], policies[:: len(versions) + 1], callers)
    valid = [case for case in cases if case]
    return {"minor": minor, "invalid": len(cases) - len(valid), "cases": valid + debugged}


def _namespace(name: str, labels: dict[str, str]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def _labels(policy: Policy) -> dict[str, str]:
    level, version = policy
    return {"pod-security.kubernetes.io/enforce": level, "pod-security.kubernetes.io/enforce-version": version}


def _name(policy: Policy) -> str:
    return "-".join(policy).replace(".", "-")


def _case(client: KubeClient, pod: Pod, policies: list[Policy]) -> dict[str, Any] | None:
    def create(namespace: str) -> dict[str, Any]:
        return client.request("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", pod)

    try:
        defaulted = create("anything")
    except KubeError as refused:
        if refused.status != 422:
            raise
        return None
    return {"pod": defaulted, "answers": [_answer(policy, lambda: create(_name(policy))) for policy in policies]}


def _debugged(client: KubeClient, pods: list[Pod], policies: list[Policy], callers: ThreadPoolExecutor) -> list[dict[str, Any]]:
    """Ephemeral containers come to a pod that runs: a hardened one, in every namespace, gets those of other pods."""
    base = generate(0, 1)[0]
    base["metadata"]["name"] = "debugged"
    base["spec"] = {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{
            "name": "main", "image": "example.com/a:1",
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }],
    }
    for namespace in ("anything", *map(_name, policies)):
        client.request("POST", f"/api/v1/namespaces/{namespace}/pods", base)

    def one(pod: Pod) -> dict[str, Any] | None:
        taken = pod["spec"]["containers"][0]
        debugger = {"name": "debugger", "image": taken["image"], "securityContext": taken["securityContext"]}
        change = {"spec": {"ephemeralContainers": [debugger]}}

        def add(namespace: str) -> dict[str, Any]:
            path = f"/api/v1/namespaces/{namespace}/pods/debugged/ephemeralcontainers?dryRun=All"
            return client.request("PATCH", path, change, "application/strategic-merge-patch+json")

        try:
            defaulted = add("anything")
        except KubeError as refused:
            if refused.status != 422:
                raise
            return None
        return {"pod": defaulted, "answers": [_answer(policy, lambda: add(_name(policy))) for policy in policies]}

    return [case for case in callers.map(one, pods) if case]


def _answer(policy: Policy, ask: Any) -> dict[str, Any]:
    level, version = policy
    try:
        ask()
        refused: list[str] = []
    except KubeError as error:
        _, violates, said = error.body.get("message", "").partition(f'violates PodSecurity "{level}:{version}": ')
        if error.status != 403 or not violates:
            raise
        refused = reasons(said)
    return {"level": level, "version": version, "refused": refused}


def reasons(text: str) -> list[str]:
    """The reasons of `a (details, of it), b, c (details)`: what stands outside of parentheses."""
    outside, depth = "", 0
    for letter in text:
        depth += letter == "("
        outside += letter if depth == 0 else ""
        depth -= letter == ")"
    return [reason.strip() for reason in outside.split(", ")]


if __name__ == "__main__":
    sys.exit(main())
