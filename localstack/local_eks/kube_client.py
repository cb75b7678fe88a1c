"""A client of one API server in the standard library's terms: JSON in, JSON out. Threads may share one."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit


class KubeError(Exception):
    """An answer that is not 2xx; `status` is the HTTP code, `body` the decoded Status object."""

    def __init__(self, method: str, path: str, status: int, body: dict[str, Any]):
        super().__init__(f"{method} {path}: {status} {body.get('message', body)}")
        self.status = status
        self.body = body


def kubeconfig(endpoint: str, ca_pem: str, token: str) -> dict[str, Any]:
    """A kubeconfig with one context, which is the current one."""
    authority = base64.b64encode(ca_pem.encode()).decode()
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "local", "cluster": {"server": endpoint, "certificate-authority-data": authority}}],
        "users": [{"name": "local", "user": {"token": token}}],
        "contexts": [{"name": "local", "context": {"cluster": "local", "user": "local"}}],
        "current-context": "local",
    }


class KubeClient:
    def __init__(self, endpoint: str, ca_pem: str, token: str | None, timeout: float = 30):
        self.address = urlsplit(endpoint)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.timeout = timeout
        self._tls = ssl.create_default_context(cadata=ca_pem)
        self._idle: list[http.client.HTTPSConnection] = []

    def request(
        self, method: str, path: str, body: Any = None,
        content_type: str = "application/json", headers: Iterable[tuple[str, str]] = (),
    ) -> dict[str, Any]:
        """The decoded answer; raises KubeError for a refusal, OSError when there is no answer. A header may come twice."""
        data = json.dumps(body).encode() if body is not None else None
        headers = [*self.headers.items(), ("Accept", "application/json"), *headers]
        if data is not None:
            headers.append(("Content-Type", content_type))
        status, answer = self._exchange(method, path, data, headers)
        decoded = _decode(answer)
        if not 200 <= status < 300:
            raise KubeError(method, path, status, decoded)
        return decoded

    def get(self, path: str) -> dict[str, Any]:
        return self.request("GET", path)

    def get_or_none(self, path: str) -> dict[str, Any] | None:
        try:
            return self.get(path)
        except KubeError as error:
            if error.status == 404:
                return None
            raise

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _exchange(self, method: str, path: str, data: bytes | None, headers: list[tuple[str, str]]) -> tuple[int, bytes]:
        while True:
            kept = bool(self._idle)
            connection = self._idle.pop() if kept else self._connect()
            try:
                connection.putrequest(method, path)
                for name, value in headers:
                    connection.putheader(name, value)
                if data is not None:
                    connection.putheader("Content-Length", str(len(data)))
                connection.endheaders(data)
                response = connection.getresponse()
                answer = response.read()
            except ConnectionError:
                connection.close()
                if not kept:
                    raise
                continue  # an idle connection that the server had closed meanwhile
            except BaseException:
                connection.close()
                raise
            self._idle.append(connection)
            return response.status, answer

    def _connect(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(
            self.address.hostname, self.address.port, timeout=self.timeout, context=self._tls
        )


def _decode(answer: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(answer)
    except ValueError:
        return {"message": answer.decode(errors="replace")}
    return decoded if isinstance(decoded, dict) else {"message": decoded}
