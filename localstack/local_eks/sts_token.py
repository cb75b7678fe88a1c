"""Opens the bearer tokens of `aws eks get-token`: `k8s-aws-v1.` + base64url of a presigned STS GetCallerIdentity URL.

The refusals are those of aws-iam-authenticator and of STS behind it: the real login sends the URL on to STS with the
cluster's name in the header `x-k8s-aws-id`, so a token made for another cluster, or a changed one, fails by its signature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, quote, urlsplit

PREFIX = "k8s-aws-v1."
MAX_LENGTH = 4096
VALID_FOR = timedelta(minutes=15)
"""Counted from X-Amz-Date. STS ignores a shorter X-Amz-Expires here: the AWS CLI signs 60 s and its tokens last as long."""
CLOCK_SKEW = timedelta(minutes=5)
CLUSTER_HEADER = "x-k8s-aws-id"

_REQUIRED = ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signedheaders", "x-amz-signature")
_ALLOWED = {"action", "version", "x-amz-expires", "x-amz-security-token", "x-amz-user-agent", *_REQUIRED}
_HOST = re.compile(r"^sts(?:-fips)?\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.(?P<suffix>amazonaws\.com(?:\.cn)?)$")
_GLOBAL_HOST, _GLOBAL_REGION = "sts.amazonaws.com", "us-east-1"


class Refused(Exception):
    """Why this token lets nobody in."""


@dataclass(frozen=True)
class Token:
    """A token of the right shape; `verify` tells whether STS would accept its signature."""

    access_key: str
    session_token: str | None
    _host: str
    _query: tuple[tuple[str, str], ...]
    """Names as sent: the signature covers their case."""
    _lower: dict[str, str]
    _date: str
    _scope: str

    def verify(self, secret_key: str, cluster: str) -> None:
        """Recomputes SigV4 (query form) as STS does when the login of `cluster` asks it."""
        headers = {"host": self._host, CLUSTER_HEADER: cluster}
        signed = self._lower["x-amz-signedheaders"]
        names = signed.split(";")
        if unknown := [name for name in names if name not in headers]:
            raise Refused(f"header {unknown[0]} is signed, but the login does not send it")
        query = "&".join(
            f"{_encode(name)}={_encode(value)}"
            for name, value in sorted(self._query)
            if name.lower() != "x-amz-signature"
        )
        lines = "".join(f"{name}:{headers[name]}\n" for name in names)
        request = "\n".join(("GET", "/", query, lines, signed, hashlib.sha256(b"").hexdigest()))
        to_sign = "\n".join(
            ("AWS4-HMAC-SHA256", self._date, self._scope, hashlib.sha256(request.encode()).hexdigest())
        )
        key = b"AWS4" + secret_key.encode()
        for part in self._scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        if not hmac.compare_digest(hmac.new(key, to_sign.encode(), "sha256").hexdigest(), self._lower["x-amz-signature"]):
            raise Refused(
                f"the signature does not match: the token was made for another cluster than {cluster}, "
                "with another secret key, or changed on its way"
            )


def partition_of(region: str) -> str:
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def parse(token: str, cluster_region: str, now: datetime) -> Token:
    """Everything that can be told without knowing the key; raises Refused."""
    if len(token) > MAX_LENGTH:
        raise Refused(f"token is longer than {MAX_LENGTH} bytes")
    if not token.startswith(PREFIX):
        raise Refused(f"token does not start with {PREFIX!r}")
    url = urlsplit(_decode(token[len(PREFIX):]))
    if url.scheme != "https":
        raise Refused(f"scheme {url.scheme!r} in the presigned URL, not https")
    host_region = _region_of_host(url.netloc, cluster_region)
    if url.path != "/":
        raise Refused(f"path {url.path!r} in the presigned URL, not '/'")
    query = tuple(parse_qsl(url.query, keep_blank_values=True))
    lower = _unique(query)
    if lower.get("action") != "GetCallerIdentity":
        raise Refused(f"action {lower.get('action')!r} in the presigned URL, not 'GetCallerIdentity'")
    if missing := [name for name in _REQUIRED if not lower.get(name)]:
        raise Refused(f"the presigned URL lacks {missing[0]}")
    if lower["x-amz-algorithm"] != "AWS4-HMAC-SHA256":
        raise Refused(f"unknown X-Amz-Algorithm {lower['x-amz-algorithm']!r}")
    signed = lower["x-amz-signedheaders"].split(";")
    if CLUSTER_HEADER not in signed:
        raise Refused(f"{CLUSTER_HEADER} is not among the signed headers")
    if "host" not in signed:
        raise Refused("host is not among the signed headers")
    _check_age(lower, now)
    access_key, _, scope = lower["x-amz-credential"].partition("/")
    expected = f"{lower['x-amz-date'][:8]}/{host_region}/sts/aws4_request"
    if scope != expected:
        raise Refused(f"credential scope {scope!r}, where host and date want {expected!r}")
    return Token(
        access_key=access_key,
        session_token=lower.get("x-amz-security-token"),
        _host=url.netloc,
        _query=query,
        _lower=lower,
        _date=lower["x-amz-date"],
        _scope=scope,
    )


def _decode(encoded: str) -> str:
    if "=" in encoded:
        raise Refused("token is padded base64; it must have no padding")
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise Refused("token is not base64url of a URL") from None


def _region_of_host(host: str, cluster_region: str) -> str:
    partition = partition_of(cluster_region)
    if host == _GLOBAL_HOST and partition == "aws":
        return _GLOBAL_REGION
    match = _HOST.match(host)
    suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    if not match or match["suffix"] != suffix or partition_of(match["region"]) != partition:
        raise Refused(f"host {host!r} is not STS of partition {partition}")
    return match["region"]


def _unique(query: tuple[tuple[str, str], ...]) -> dict[str, str]:
    lower: dict[str, str] = {}
    for name, value in query:
        if name.lower() in lower:
            raise Refused(f"parameter {name} is given twice")
        if name.lower() not in _ALLOWED:
            raise Refused(f"unknown parameter {name}")
        lower[name.lower()] = value
    return lower


def _check_age(lower: dict[str, str], now: datetime) -> None:
    expires = lower.get("x-amz-expires", "0")
    if not expires.isascii() or not expires.isdigit() or int(expires) > VALID_FOR.total_seconds():
        raise Refused(f"X-Amz-Expires {expires!r} is not a number up to 900")
    try:
        made = datetime.strptime(lower["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise Refused(f"X-Amz-Date {lower['x-amz-date']!r} is not a date") from None
    if now > made + VALID_FOR:
        raise Refused(f"token is too old: made at {lower['x-amz-date']}, valid for 15 minutes")
    if now < made - CLOCK_SKEW:
        raise Refused(f"token is from the future: {lower['x-amz-date']}")


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")
