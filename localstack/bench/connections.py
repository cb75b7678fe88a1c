"""HTTP over kept connections, with nothing added to what the caller sends."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

WAIT_AT_MOST = 60
"""Seconds."""


class Connections:
    """To one server; threads may share them, each has one to itself while it waits for an answer."""

    def __init__(self, url: str, tls: ssl.SSLContext | None = None):
        self._address, self._tls = urlsplit(url), tls
        self._idle: list[http.client.HTTPConnection] = []

    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """The answer with its body; OSError or HTTPException when there is none."""
        connection = self._idle.pop() if self._idle else self._connect()
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            answer = response.read()
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return response, answer

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._address.hostname, self._address.port
        if self._tls:
            return http.client.HTTPSConnection(host, port, timeout=WAIT_AT_MOST, context=self._tls)
        return http.client.HTTPConnection(host, port, timeout=WAIT_AT_MOST)
