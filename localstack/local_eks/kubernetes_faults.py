"""Trouble with a cluster's API server on request.

`forbid` takes one resource out of what the scanner may read: a real refusal by RBAC. The others stand in the API server's
process in front of its handlers (`apiserver/faults.go`), before authentication: no audit entry, as with a load balancer's.
One such fault is on at a time; `reset` ends everything.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from .api_servers import ApiServer

_ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
READER = "eksray-reader"


class KubernetesFaults:
    """The faults of one API server. Every method that switches is one control of the same name."""

    def __init__(self, server: ApiServer):
        self._server = server
        self._whole_role: dict[str, Any] | None = None

    def forbid(self, group: str, resource: str) -> None:
        """The scanner's ClusterRole loses one resource: its calls are answered 403."""
        role = self._server.admin.get(f"{_ROLES}/{READER}")
        self._whole_role = self._whole_role or copy.deepcopy(role)
        role["rules"] = [rest for rule in role["rules"] for rest in _without(rule, group, resource)]
        self._server.admin.request("PUT", f"{_ROLES}/{READER}", role)

    def throttle(self, path: str = "", times: int = 0, retry_after: int = 1) -> None:
        """429 with Retry-After for the next `times` calls (0: all) whose path contains `path`."""
        self._server.command({"kind": "throttle", "path": path, "times": times, "retry_after": retry_after})

    def expire(self, path: str = "", times: int = 0) -> None:
        """410 for pages after the first, as when the list took longer than etcd keeps old revisions."""
        self._server.command({"kind": "expire", "path": path, "times": times})

    def black_hole(self, path: str = "", times: int = 0) -> None:
        """Calls are accepted and never answered."""
        self._server.command({"kind": "black-hole", "path": path, "times": times})

    def reset(self) -> None:
        """Everything works again."""
        self._server.command({"kind": ""})
        if self._whole_role:
            current = self._server.admin.get(f"{_ROLES}/{READER}")
            self._server.admin.request("PUT", f"{_ROLES}/{READER}", {**current, "rules": self._whole_role["rules"]})
            self._whole_role = None


def _without(rule: dict[str, Any], group: str, resource: str) -> Iterator[dict[str, Any]]:
    """What is left of a rule when one resource of one API group is taken out."""
    others = [name for name in rule["apiGroups"] if name != group]
    kept = [name for name in rule["resources"] if name != resource]
    if others:
        yield {**rule, "apiGroups": others}
    if group in rule["apiGroups"] and kept:
        yield {**rule, "apiGroups": [group], "resources": kept}
