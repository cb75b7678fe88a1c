"""Cuts whole lists into the pages that AWS would give.

moto answers many lists whole whatever limit is asked, and loses the rest of others. Here every list
is fetched whole and cut, by what botocore's own paginators say about each operation.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from .identify import SESSION, Call
from .wire import AwsError, protocol

# Lists that AWS pages though botocore has no paginator for them.
MORE = {
    "cloudtrail:ListEventDataStores": ("NextToken", "NextToken", "MaxResults", "EventDataStores"),
}
DEFAULT_SIZE = {"iam": 100, "eks": 100, "autoscaling": 50, "logs": 50, "guardduty": 50, "elb": 400, "elbv2": 400}
LARGEST_PAGE = 1000


@dataclass(frozen=True)
class Paginator:
    input_token: str
    output_token: str
    limit: str | None
    lists: tuple[str, ...]
    more: str | None = None
    """A member that says whether more follows (IAM's `IsTruncated`)."""


@functools.cache
def paginator(service: str, operation: str) -> Paginator | None:
    if f"{service}:{operation}" in MORE:
        given, returned, limit, result = MORE[f"{service}:{operation}"]
        return Paginator(given, returned, limit, (result,))
    try:
        model = SESSION.get_paginator_model(service).get_paginator(operation)
    except Exception:  # no such service, or an operation without pages
        return None
    results = model["result_key"] if isinstance(model["result_key"], list) else [model["result_key"]]
    if not all(isinstance(name, str) for name in (model["input_token"], model["output_token"], *results)):
        return None
    return Paginator(
        model["input_token"], model["output_token"], model.get("limit_key"), tuple(results), model.get("more_results")
    )


class Pager:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def page(
        self, call: Call, whole: Callable[[Call], dict[str, Any]], size: int | None = None, loop: bool = False
    ) -> dict[str, Any]:
        """The page that `call` asks for; `size` overrules its limit, `loop` hands out one token for ever."""
        pages = paginator(call.service, call.operation)
        if pages is None:
            return whole(call)
        token, limit = call.params.get(pages.input_token), call.params.get(pages.limit or "")
        digest, data = self._whole(without_paging(call, pages), whole, fresh=not token)
        start = _offset(call, token, digest)
        size = size or min(int(limit or DEFAULT_SIZE.get(call.service, LARGEST_PAGE)), LARGEST_PAGE)
        items = [(name, item) for name in pages.lists for item in data.get(name) or ()]
        cut: dict[str, Any] = {**data, **{name: [] for name in pages.lists if name in data}}
        for name, item in items[start : start + size]:
            cut[name].append(item)
        more = loop or start + size < len(items)
        if more:
            cut[pages.output_token] = _token(digest, 0 if loop else start + size)
        if pages.more:
            cut[pages.more] = more
        return cut

    def _whole(self, call: Call, whole: Callable[[Call], dict[str, Any]], fresh: bool) -> tuple[str, dict[str, Any]]:
        """The list behind a first page is kept for the pages that follow it, so they agree."""
        name = json.dumps([call.account, call.region, call.action, call.params], sort_keys=True, default=str)
        digest = hashlib.sha256(name.encode()).hexdigest()[:12]
        with self._lock:
            data = None if fresh else self._recent.get(digest)
        if data is None:
            data = whole(call)
            with self._lock:
                self._recent[digest] = data
                while len(self._recent) > 64:
                    self._recent.popitem(last=False)
        return digest, data


def without_paging(call: Call, pages: Paginator) -> Call:
    """The same call, asking for everything."""
    paging = {pages.input_token, pages.limit}
    params = {key: value for key, value in call.params.items() if key not in paging}
    return replace(call, params=params, request=_with_token(call, pages, None))


def next_page(call: Call, pages: Paginator, token: str) -> Call:
    """The call for the page that follows, as moto wants to be asked."""
    return replace(call, request=_with_token(call, pages, token))


def _with_token(call: Call, pages: Paginator, token: str | None) -> Any:
    """The HTTP request with no limit, and with this token or none."""
    request, op = call.request, call.model
    shapes = op.input_shape.members if op and op.input_shape else {}
    drop = {key for key in (pages.input_token, pages.limit) if key}
    in_query = protocol(call.service) == "rest-json" and request.method == "GET"
    if in_query:
        wire = {key: shapes[key].serialization.get("name", key) for key in drop}
        fields = [(k, v) for k, v in parse_qsl(request.query, keep_blank_values=True) if k not in wire.values()]
        if token:
            fields.append((wire[pages.input_token], token))
        return replace(request, query=urlencode(fields))
    if protocol(call.service) in ("query", "ec2"):
        form = [(k, v) for k, v in parse_qsl(request.body.decode(), keep_blank_values=True) if k not in drop]
        if token:
            form.append((pages.input_token, token))
        return replace(request, body=urlencode(form).encode())
    wire = {key: shapes[key].serialization.get("name", key) if key in shapes else key for key in drop}
    body = {k: v for k, v in json.loads(request.body or b"{}").items() if k not in wire.values()}
    if token:
        body[wire[pages.input_token]] = token
    return replace(request, body=json.dumps(body).encode())


def _token(digest: str, offset: int) -> str:
    return base64.urlsafe_b64encode(f"{digest}:{offset}".encode()).decode()


def _offset(call: Call, token: str | None, digest: str) -> int:
    """A token belongs to one list: AWS refuses it for any other."""
    if not token:
        return 0
    try:
        issued_for, _, offset = base64.urlsafe_b64decode(token).decode().partition(":")
        if issued_for == digest:
            return int(offset)
    except ValueError:
        pass
    code = {"ec2": "InvalidNextToken", "query": "ValidationError", "rest-json": "InvalidParameterException"}
    raise AwsError(code.get(protocol(call.service), "InvalidParameterException"), "The pagination token is not valid.")
