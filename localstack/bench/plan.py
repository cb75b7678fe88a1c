"""Which recorded calls had to wait for which answers.

A call needs an answer when it sends a value (an id, a name, a page's token, a Region) that it could only know from there:
the value stands in answers that were complete when the call began, and no call sent it before any answer held it. Of several
answers the one that could come first counts, and a value that was put together from others counts as known. Both errors make the
floor faster than it could be, never slower.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from .recording import Exchange


@dataclass(frozen=True)
class Step:
    """A call of the floor."""

    exchange: Exchange
    after: tuple[int, ...]
    """Numbers of the steps whose answers it needs."""
    depth: int
    """1 for a call that needs none."""


def plan(exchanges: list[Exchange], known: frozenset[str] = frozenset()) -> list[Step]:
    """The distinct calls in the order in which they began; `known` is what the caller was told, such as its Region."""
    steps: list[Step] = []
    held_by: dict[str, list[int]] = {}
    told = set(known)
    for exchange in _distinct(exchanges):
        after = set()
        for value in _sent(exchange) - told:
            answered = [n for n in held_by.get(value, ()) if steps[n].exchange.ended <= exchange.began]
            if answered:
                after.add(min(answered, key=lambda n: steps[n].depth))
            else:
                told.add(value)
        depth = 1 + max((steps[n].depth for n in after), default=0)
        for value in set(_answered(exchange)):
            held_by.setdefault(value, []).append(len(steps))
        steps.append(Step(exchange, tuple(sorted(after)), depth))
    return steps


def _distinct(exchanges: list[Exchange]) -> Iterator[Exchange]:
    seen = set()
    for exchange in sorted(exchanges, key=lambda it: it.began):
        call = (exchange.method, exchange.path, exchange.body, exchange.headers.get("x-amz-target"), _scope(exchange))
        if call not in seen:
            seen.add(call)
            yield exchange


def _scope(exchange: Exchange) -> tuple[str, str, str]:
    """Access key, Region and service that the request is signed for."""
    found = re.search(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/", exchange.headers.get("authorization", ""))
    return found.groups() if found else ("", "", "")


def _sent(exchange: Exchange) -> set[str]:
    path, _, query = exchange.path.partition("?")
    values = [unquote(part) for part in path.split("/")] + [value for _, value in parse_qsl(query)]
    if exchange.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        values += [value for _, value in parse_qsl(exchange.body.decode(errors="replace"))]
    else:
        values += _leaves(_json(exchange.body))
    _, region, service = _scope(exchange)
    if service != "iam":  # which is signed for us-east-1 from everywhere
        values.append(region)
    return {value for value in values if value and not value.isdigit()}  # numbers are sizes of pages


def _answered(exchange: Exchange) -> Iterator[str]:
    text = exchange.answer.decode(errors="replace")
    if text.lstrip().startswith("<"):
        return (html.unescape(value) for value in re.findall(r">([^<>]+)<", text))
    return _leaves(_json(exchange.answer))


def _json(body: bytes) -> Any:
    try:
        return json.loads(body or b"null")
    except ValueError:
        return None


def _leaves(value: Any) -> Iterator[str]:
    """Every text in it that is not a key."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
