"""Clients that fetch with the greatest overlap and look at nothing: no scan can be faster by more than its parsing."""

from __future__ import annotations

import http.client
import queue
import re
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from .connections import Connections
from .plan import Step

AT_ONCE = 64
CONTINUE = re.compile(rb'"continue":"([^"]+)"')
HEAD = 4096
"""Bytes of a list that hold its metadata."""


class FloorError(Exception):
    """The floor did not get the answers that the scan got; a ratio would mean nothing."""


def aws(steps: list[Step], endpoint: str) -> float:
    """Sends every call as soon as the answers that it needs are there; seconds until the last answer."""
    waits_for = [len(step.after) for step in steps]
    followers: list[list[int]] = [[] for _ in steps]
    for number, step in enumerate(steps):
        for needed in step.after:
            followers[needed].append(number)
    connections, done = Connections(endpoint), queue.SimpleQueue()

    def send(number: int) -> None:
        it = steps[number].exchange
        try:
            response, _ = connections.send(it.method, it.path, it.headers, it.body or None)
            done.put((number, response.status))
        except (OSError, http.client.HTTPException) as problem:
            done.put((number, problem))

    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number, step in enumerate(steps):
            if not step.after:
                pool.submit(send, number)
        answers = {}
        while len(answers) < len(steps):
            number, answers[number] = done.get()
            for follower in followers[number]:
                waits_for[follower] -= 1
                if not waits_for[follower]:
                    pool.submit(send, follower)
    seconds = time.perf_counter() - began
    connections.close()
    for number, answer in answers.items():
        recorded = steps[number].exchange
        if answer != recorded.status:
            raise FloorError(f"{recorded.method} {recorded.path}: {answer}, and {recorded.status} when it was recorded")
    return seconds


def kube(lists: list[str], endpoint: str, ca_pem: str, token: str) -> tuple[float, int]:
    """Pages through every list, the lists at once; seconds and calls."""
    connections = Connections(endpoint, ssl.create_default_context(cadata=ca_pem))
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def pages(path: str) -> int:
        calls, more = 0, ""
        while True:
            response, body = connections.send("GET", path + more, headers)
            calls += 1
            if response.status != 200:
                raise FloorError(f"GET {path}: {response.status}")
            token = CONTINUE.search(body[:HEAD])
            if not token:
                return calls
            more = f"{'&' if '?' in path else '?'}continue={quote(token[1])}"

    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        calls = sum(pool.map(pages, lists))
    seconds = time.perf_counter() - began
    connections.close()
    return seconds, calls
