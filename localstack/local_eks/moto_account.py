"""The AWS account that moto holds in this process: asking it, and knowing who owns a key."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote_to_bytes

# moto reads these when it is first imported.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
# Without this, every region owns 1,301 images and as many snapshots.
os.environ.setdefault("MOTO_AMIS_PATH", str(Path(__file__).parent / "facts" / "amis.json"))

from moto.core.base_backend import BackendDict  # noqa: E402
from moto.ec2.models import ec2_backends  # noqa: E402
from moto.iam.models import iam_backends  # noqa: E402
from moto.moto_api._internal import mock_random  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: E402
from moto.sts.models import sts_backends  # noqa: E402

from .identify import Request  # noqa: E402
from .wire import Response  # noqa: E402
from .world import Caller  # noqa: E402

ACCOUNT = "123456789012"


class MotoAccount:
    """moto keeps its state in module globals: one account per process, and making it anew empties it."""

    def __init__(self) -> None:
        BackendDict.reset()
        self._app = DomainDispatcherApplication(create_backend_app)

    def ask(self, request: Request) -> Response:
        """moto's own answer."""
        environ = {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": _decode_path(request.path),
            "RAW_URI": request.path,
            "QUERY_STRING": request.query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(request.body),
            "wsgi.errors": BytesIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(request.body)),
        }
        for name, value in request.headers.items():
            if name not in ("content-type", "content-length", "transfer-encoding"):
                environ["HTTP_" + name.upper().replace("-", "_")] = value
        started: list = []

        def start_response(status, headers, exc_info=None):
            started[:] = [int(status.split()[0]), dict(headers)]
            return lambda data: None

        try:
            body = b"".join(self._app(environ, start_response))
        except NotImplementedError as missing:
            return Response(501, {"Content-Type": "text/plain"}, str(missing).encode())
        return Response(started[0], started[1], body)

    def caller(self, access_key: str) -> Caller | None:
        """Who owns this access key; None when nobody does."""
        for account, by_partition in list(sts_backends.items()):
            roles = (it.get_assumed_role_from_access_key(access_key) for it in list(by_partition.values()))
            if role := next(filter(None, roles), None):
                return Caller(
                    arn=role.arn,
                    account=account,
                    user_id=role.user_id,
                    principal_arn=role.role_arn,
                    secret_key=role.secret_access_key,
                    session_token=role.session_token,
                )
        for account, by_partition in list(iam_backends.items()):
            for user in [user for it in list(by_partition.values()) for user in list(it.users.values())]:
                for key in user.access_keys:
                    if key.access_key_id == access_key:
                        return Caller(user.arn, account, user.id, user.arn, key.secret_access_key)
        return None

    @staticmethod
    def fix_random(label: str) -> None:
        """Ids that moto invents from here on depend on `label` alone."""
        mock_random.seed(label)


def public_snapshots(account: str, region: str) -> set[str]:
    """The ids of snapshots that everybody may make volumes from."""
    snapshots = ec2_backends[account][region].snapshots
    return {id for id, snapshot in list(snapshots.items()) if "all" in snapshot.create_volume_permission_groups}


def _decode_path(path: str) -> str:
    """WSGI wants the decoded path as latin-1 text."""
    return unquote_to_bytes(path).decode("latin-1")
