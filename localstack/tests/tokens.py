"""Tokens as `aws eks get-token` makes them, and ways to spoil them."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

PREFIX = "k8s-aws-v1."


def presigned(
    key: dict[str, Any], cluster: str | None, region: str = "eu-west-1", host: str | None = None, expires: int = 60,
    action: str = "GetCallerIdentity", path: str = "/",
) -> str:
    """The URL that botocore signs, now, for one cluster's login; without the cluster's header for None."""
    url = f"https://{host or f'sts.{region}.amazonaws.com'}{path}?Action={action}&Version=2011-06-15"
    request = AWSRequest("GET", url, headers={"x-k8s-aws-id": cluster} if cluster else {})
    credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"], key.get("SessionToken"))
    SigV4QueryAuth(credentials, "sts", region, expires=expires).add_auth(request)
    return request.url


def token(url: str) -> str:
    return PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def changed(url: str, **parameters: str) -> str:
    """The URL with other values of parameters (`X_Amz_Date=…`), the signature left as it was."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query)) | {name.replace("_", "-"): value for name, value in parameters.items()}
    return urlunsplit(parts._replace(query=urlencode(query)))
