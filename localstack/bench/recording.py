"""A proxy in front of the AWS endpoint that keeps every request with its answer.

The control `calls` names operations only; replaying them takes the requests themselves.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from .connections import Connections

ABOUT_THE_CONNECTION = {"connection", "content-length", "host", "keep-alive", "transfer-encoding", "expect"}


@dataclass(frozen=True)
class Exchange:
    """A request and its answer."""

    method: str
    path: str
    """As sent, with the query."""
    headers: dict[str, str]
    """Lower-case names; those about the connection left out."""
    body: bytes
    status: int
    answer: bytes
    began: float
    ended: float


class Recording:
    """Records while it is open: `with Recording(endpoint) as recording: … recording.url …`."""

    def __init__(self, endpoint: str):
        self.exchanges: list[Exchange] = []
        connections = Connections(endpoint)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            exchanges = self.exchanges

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {k.lower(): v for k, v in self.headers.items() if k.lower() not in ABOUT_THE_CONNECTION}
                began = time.monotonic()
                response, answer = connections.send(self.command, self.path, headers, body or None)
                ended = time.monotonic()
                exchange = Exchange(self.command, self.path, headers, body, response.status, answer, began, ended)
                self.exchanges.append(exchange)
                self.send_response_only(response.status)
                for name, value in response.getheaders():
                    if name.lower() not in ABOUT_THE_CONNECTION:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _pass_on

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Recording:
        threading.Thread(target=self._server.serve_forever, name="recording", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
