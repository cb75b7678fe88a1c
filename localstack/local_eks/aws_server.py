"""The AWS endpoint: every service on one port, moto behind it, our repairs, additions and faults before it."""

from __future__ import annotations

import base64
import logging
import threading
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import waitress
from botocore.config import Config

from . import paging, repairs, seed as seeds, wire
from .control import PREFIX, Control
from .eks_data import EksData
from .eks_operations import EksOperations
from .faults import Faults
from .gaps import Gaps
from .identify import Call, Request, identify
from .moto_account import ACCOUNT, MotoAccount
from .recorder import Recorder
from .wire import AwsError, Response

SEED_KEY = "LOCALEKSSEEDKEY00000"
"""The access key that seeds: neither recorded nor hit by faults. moto takes it for the account's root."""

UNREACHABLE = ("https://127.0.0.1:1", base64.b64encode(b"no Kubernetes API server is running\n").decode())

NO_CLUSTERS = EksOperations(EksData(), lambda name: UNREACHABLE)
"""EKS of every account but the seed's: roles there can be assumed, and find an empty account."""


class _MotoRefused(Exception):
    """moto answered an error, which goes out as it is."""

    def __init__(self, response: Response):
        super().__init__(response.status)
        self.response = response


class AwsServer:
    """One emulated account on one port."""

    def __init__(self, port: int = 0):
        self.moto = MotoAccount()
        self.recorder, self.faults, self._pager = Recorder(), Faults(), paging.Pager()
        self.endpoints: dict[str, tuple[str, str]] = {}
        self.control = Control(self)
        logging.getLogger("waitress").setLevel(logging.ERROR)  # it warns of every body that the fault `cut` cuts
        self._started = datetime.now(timezone.utc).replace(microsecond=0)
        self.seed = seeds.Seed("none")
        self._use(self.seed)
        self._server = waitress.create_server(
            self._wsgi, host="127.0.0.1", port=port, threads=32, connection_limit=1000, channel_timeout=300, ident=None
        )
        self.url = f"http://127.0.0.1:{self._server.effective_port}"

    def start(self) -> None:
        threading.Thread(target=self._server.run, name="aws", daemon=True).start()

    def stop(self) -> None:
        self._server.task_dispatcher.shutdown()
        self._server.close()

    def apply(self, directory: Path) -> None:
        """Makes the account of a seed. The server must be running: the seed comes in over HTTP like any client."""
        self._use(seeds.make(directory, self.client, self.moto.fix_random))
        self.moto.fix_random("after seeding")

    def client(self, service: str, region: str) -> Any:
        """A boto3 client that seeds: never recorded, never hit by a fault."""
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=SEED_KEY,
            aws_secret_access_key="seed",
            config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False),
        )

    def _use(self, seed: seeds.Seed) -> None:
        self.seed = seed
        self._eks = EksOperations(seed.eks, lambda name: self.endpoints.get(name, UNREACHABLE))
        self._gaps = Gaps(seed.regions, seed.answers, seed.patches)

    # ---- one request -----------------------------------------------------------------------------

    def _wsgi(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        request = _request(environ)
        if request.path.startswith(PREFIX):
            response = self.control.answer(request)
        else:
            response = self._serve(identify(request))
        length = len(response.body)
        if response.headers.get("x-local-eks-cut"):
            # waitress closes the connection when a body ends before its announced length.
            response = Response(response.status, response.headers, response.body[: length // 2])
        headers = [
            (name, value)
            for name, value in response.headers.items()
            if name.lower() not in ("content-length", "connection", "server", "date", "x-local-eks-cut")
        ]
        start_response(f"{response.status} ", [*headers, ("Content-Length", str(length))])
        return [response.body]

    def _serve(self, call: Call) -> Response:
        if call.access_key == SEED_KEY:
            return self.moto.ask(call.request)
        try:
            self.faults.wait(call)
            caller = self.moto.caller(call.access_key)
            if caller is None:
                raise wire.unknown_credentials(call)
            call = replace(call, account=caller.account)
            self.faults.check(call, caller.arn)
            self._gaps.regions.check(call)
            response = self._answer(call)
        except AwsError as problem:
            response = wire.error(call.service, problem)
        except _MotoRefused as refused:
            response = refused.response
        self.recorder.add(call, response.status)
        if self.faults.cuts(call):
            response = Response(response.status, {**response.headers, "x-local-eks-cut": "yes"}, response.body)
        return response

    def _answer(self, call: Call) -> Response:
        op = call.model
        mended = call.service in repairs.SERVICES and repairs.is_read(call.operation)
        if op is None or not (call.service == "eks" or mended or self._gaps.has(call)):
            return self._ask_moto(call)
        page = self._pager.page(call, self._whole, self.faults.page_size(call), self.faults.loops(call))
        return wire.result(op, page)

    def _whole(self, call: Call) -> dict[str, Any]:
        """The whole answer to a read, whoever has it."""
        if call.service == "eks":
            return (self._eks if call.account == ACCOUNT else NO_CLUSTERS).answer(call)
        data = self._gaps.answer(call)
        if data is None:
            data = self._all_of_moto(call)
            data = repairs.repair(call, data, self._started, self.seed.epoch)
            self._gaps.patch(call, data)
        return data

    def _all_of_moto(self, call: Call) -> dict[str, Any]:
        data = wire.parse(call.model, self._ask_moto(call))
        pages = paging.paginator(call.service, call.operation)
        while pages and (token := data.pop(pages.output_token, None)):
            more = wire.parse(call.model, self._ask_moto(paging.next_page(call, pages, token)))
            for name in pages.lists:
                data.setdefault(name, []).extend(more.get(name, ()))
            data[pages.output_token] = more.get(pages.output_token)
        return data

    def _ask_moto(self, call: Call) -> Response:
        response = self.moto.ask(call.request)
        if response.status == 501 or (response.status >= 400 and b"<!doctype html>" in response.body[:200].lower()):
            raise AwsError("UnsupportedOperation", f"The local EKS does not emulate {call.action}.", 400)
        if response.status >= 400:
            raise _MotoRefused(response)
        return response

    def status(self) -> dict[str, Any]:
        return {
            "endpoint": self.url,
            "account": ACCOUNT,
            "seed": self.seed.name,
            "regions": list(self.seed.regions.enabled),
            "faults": self.faults.status(),
        }


def _request(environ: dict[str, Any]) -> Request:
    headers = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return Request(
        method=environ["REQUEST_METHOD"],
        path=urlsplit(environ["REQUEST_URI"]).path,
        query=environ.get("QUERY_STRING", ""),
        headers=headers,
        body=environ["wsgi.input"].read(length) if length else b"",
    )
