"""The control side of the endpoint, under `/_local_eks/`: faults, the record of calls, and who is who."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .identify import Request
from .wire import Response

if TYPE_CHECKING:
    from .aws_server import AwsServer

PREFIX = "/_local_eks/"
FAULTS = ("deny", "allow_only", "throttle", "delay", "cut", "repage", "loop_token", "expire", "fail")

More = Callable[[str, dict[str, Any]], Any]
"""A route of another module: the path after the route's own, and the body; gives the answer."""


class Control:
    def __init__(self, server: AwsServer):
        self._server = server
        self._routes: dict[str, More] = {}
        self._on_reset: list[Callable[[], Any]] = []

    def route(self, name: str, handler: More) -> None:
        """Lets another module answer `POST /_local_eks/<name>/…`."""
        self._routes[name] = handler

    def on_reset(self, action: Callable[[], Any]) -> None:
        """Lets another module switch its faults off when `reset` switches off ours."""
        self._on_reset.append(action)

    def answer(self, request: Request) -> Response:
        name, _, rest = request.path.removeprefix(PREFIX).strip("/").partition("/")
        try:
            body = json.loads(request.body or b"{}")
            if request.method == "GET":
                return _json(200, self._get(name))
            return _json(200, self._post(name, rest, body))
        except LookupError as problem:
            return _json(404, {"error": str(problem.args[0])})
        except (ValueError, TypeError) as problem:
            return _json(400, {"error": str(problem)})

    def _get(self, name: str) -> Any:
        readers = {
            "calls": self._server.recorder.calls,
            "status": self._server.status,
            "identities": lambda: self._server.seed.identities,
            "names": lambda: self._server.seed.names,
        }
        if name not in readers:
            raise LookupError(f"GET knows {sorted(readers)}, not {name}")
        return readers[name]()

    def _post(self, name: str, rest: str, body: dict[str, Any]) -> Any:
        if name in self._routes:
            return self._routes[name](rest, body)
        if name == "reset":
            self._server.faults.reset()
            for action in self._on_reset:
                action()
            if body.get("calls"):
                self._server.recorder.clear()
        elif name in FAULTS:
            switch(self._server.faults, name, body)
        else:
            raise LookupError(f"POST knows {sorted([*FAULTS, 'reset', *self._routes])}, not {name}")
        return {"ok": True}


def switch(faults: Any, name: str, body: dict[str, Any]) -> None:
    """Calls the method that a control is named after, with the body's fields as its arguments."""
    method = getattr(faults, name)
    inspect.signature(method).bind(**body)  # names the missing or unknown field
    method(**body)


def _json(status: int, value: Any) -> Response:
    return Response(status, {"Content-Type": "application/json"}, json.dumps(value, default=str).encode())
