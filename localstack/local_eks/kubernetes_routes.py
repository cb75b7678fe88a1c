"""The controls that concern clusters: the login that API servers ask for, and their faults.

`POST /_local_eks/token-review/<cluster>` is the webhook of the API servers;
`POST /_local_eks/kubernetes/<cluster>/<fault>` switches a fault of one cluster on, and `…/reset` all of them off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import login
from .account import Account
from .api_servers import ApiServer
from .control import Control, switch
from .kubernetes_faults import KubernetesFaults

FAULTS = ("forbid", "throttle", "expire", "black_hole", "reset")


def serve_login(control: Control, account: Account) -> None:
    """Must be in place before the API servers are: they ask from their first request on."""
    control.route("token-review", lambda cluster, review: login.review(review, cluster, account))


def serve_faults(control: Control, servers: Mapping[str, ApiServer]) -> None:
    faults = {name: KubernetesFaults(server) for name, server in servers.items()}

    def handle(path: str, body: dict[str, Any]) -> dict[str, Any]:
        cluster, _, fault = path.partition("/")
        if cluster not in faults or fault not in FAULTS:
            raise LookupError(f"kubernetes/<cluster>/<fault> knows {sorted(faults)} and {sorted(FAULTS)}, not {path}")
        switch(faults[cluster], fault, body)
        return {"ok": True}

    control.route("kubernetes", handle)
    control.on_reset(lambda: [fault.reset() for fault in faults.values()])
