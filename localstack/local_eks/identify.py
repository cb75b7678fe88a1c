"""Which AWS operation a request means, who sent it, and with which parameters."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

import botocore.session
from botocore.model import OperationModel, ServiceModel

SESSION = botocore.session.get_session()

# The name in a signature is botocore's name of the service, with these exceptions.
SIGNED_AS = {
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
}


@dataclass(frozen=True)
class Request:
    """An HTTP request as it came in, its body read."""

    method: str
    path: str
    """Still percent-encoded: a label may hold an ARN, whose slashes must stay what they are."""
    query: str
    headers: dict[str, str]
    """Lower-case names."""
    body: bytes


@dataclass(frozen=True)
class Call:
    """A request, understood."""

    request: Request
    access_key: str
    region: str
    service: str
    operation: str
    params: dict[str, Any] = field(default_factory=dict)
    """By member name of the operation's input. Query protocols keep their flat names (`Filter.1.Name`)."""
    account: str = "-"
    """Of the key's owner."""

    @property
    def action(self) -> str:
        return f"{self.service}:{self.operation}"

    @property
    def model(self) -> OperationModel | None:
        service = service_model(self.service)
        if service is None or self.operation not in service.operation_names:
            return None
        return service.operation_model(self.operation)


@functools.cache
def service_model(service: str) -> ServiceModel | None:
    try:
        return SESSION.get_service_model(service)
    except Exception:  # botocore raises many kinds for a name that is no service
        return None


def identify(request: Request) -> Call:
    """Never fails: what is not understood keeps `-` for its parts, and `GET /path` for its operation."""
    scope = re.search(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/", request.headers.get("authorization", ""))
    access_key, region, signing_name = scope.groups() if scope else ("-", "-", "-")
    service = SIGNED_AS.get(signing_name, signing_name)
    if service == "s3" and request.path.startswith("/v20180820/"):
        service = "s3control"  # what is set for an account is signed as S3 too
    operation, params = f"{request.method} {request.path}", {}

    target = request.headers.get("x-amz-target")
    content_type = request.headers.get("content-type", "")
    if target:
        operation = target.rpartition(".")[2]
        params = _json_object(request.body)
    elif content_type.startswith("application/x-www-form-urlencoded"):
        params = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        operation = params.get("Action", operation)
        if signing_name == "elasticloadbalancing" and not params.get("Version", "").startswith("2015"):
            service = "elb"  # both generations of load balancers share one endpoint and name
    else:
        match = _match_rest(service, request)
        if match:
            operation, params = match
    return Call(request, access_key, region, service, operation, params)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


@functools.cache
def _rest_routes(service: str) -> list[tuple[str, re.Pattern[str], set[str], OperationModel]]:
    """HTTP method, path pattern, names that the query must have, and operation; the most literal path first."""
    model = service_model(service)
    if model is None or not model.metadata.get("protocol", "").startswith("rest-"):
        return []
    operations = [model.operation_model(name) for name in model.operation_names]
    operations.sort(key=lambda op: (-len(re.sub(r"\{[^}]*\}|\?.*", "", op.http["requestUri"])), "?" not in op.http["requestUri"]))
    routes = []
    for op in operations:
        path, _, query = op.http["requestUri"].partition("?")
        path, names = re.escape(path), set(re.findall(r"(?:^|&)([^=&]+)", query))
        pattern = re.sub(r"\\\{(\w+)(\\\+)?\\\}", lambda m: f"(?P<{m[1]}>{'.+' if m[2] else '[^/]+'})", path)
        routes.append((op.http["method"], re.compile(f"{pattern}/?"), names, op))
    return routes


def _match_rest(service: str, request: Request) -> tuple[str, dict[str, Any]] | None:
    asked = {name for name, _ in parse_qsl(request.query, keep_blank_values=True)}
    for method, pattern, names, op in _rest_routes(service):
        labels = pattern.fullmatch(request.path) if method == request.method and names <= asked else None
        if labels:
            return op.name, _rest_params(op, labels.groupdict(), request)
    return None


def _rest_params(op: OperationModel, labels: dict[str, str], request: Request) -> dict[str, Any]:
    query: dict[str, list[str]] = {}
    for key, value in parse_qsl(request.query, keep_blank_values=True):
        query.setdefault(key, []).append(value)
    body = _json_object(request.body)
    params: dict[str, Any] = {}
    for member, shape in (op.input_shape.members if op.input_shape else {}).items():
        name, place = shape.serialization.get("name", member), shape.serialization.get("location")
        if place == "uri" and name in labels:
            params[member] = unquote(labels[name])
        elif place == "querystring" and name in query:
            params[member] = query[name] if shape.type_name == "list" else query[name][0]
        elif place is None and name in body:
            params[member] = body[name]
    return params
