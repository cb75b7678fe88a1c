"""Trouble on request: what AWS does to its callers on a bad day.

Actions are patterns as in an IAM policy (`eks:*`, `iam:GetAccountAuthorizationDetails`); load
balancers answer to `elasticloadbalancing:` and to `elb:` and `elbv2:` for one generation.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from . import wire
from .identify import Call
from .wire import AwsError

# AWS answers this to anybody with valid credentials, whatever the policies say.
NEEDS_NO_PERMISSION = {"sts:GetCallerIdentity"}


def matches(pattern: str, call: Call) -> bool:
    pattern = pattern.lower()
    return any(fnmatchcase(name.lower(), pattern) for name in (call.action, wire.iam_action(call)))


@dataclass
class TokenBucket:
    """Lets `burst` calls through at once, and `rate` a second after that."""

    rate: float
    burst: float
    level: float = field(init=False)
    at: float = field(init=False)

    def __post_init__(self) -> None:
        self.level, self.at = self.burst, time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self.level = min(max(self.burst, 1), self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


class Faults:
    """What is switched on. Every method that switches is one control of the same name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Everything works again."""
        with self._lock:
            self._denied: list[str] = []
            self._allowed: list[str] | None = None
            self._expired: set[str] = set()
            self._throttles: list[tuple[str, float, float]] = []
            self._buckets: dict[tuple[int, str, str], TokenBucket] = {}
            self._delays: list[tuple[str, float]] = []
            self._failures: list[list] = []
            self._cuts: list[str] = []
            self._sizes: list[tuple[str, int]] = []
            self._loops: list[str] = []

    # ---- switching on ----------------------------------------------------------------------------

    def deny(self, actions: list[str]) -> None:
        """These actions are denied, beside those denied before."""
        self._denied += actions

    def allow_only(self, actions: list[str]) -> None:
        """Every action but these is denied: the least-privilege test."""
        self._allowed = list(actions)

    def throttle(self, action: str = "*", rate: float = 1, burst: float = 1) -> None:
        """A token bucket for each action and region that the pattern names, as AWS keeps them."""
        self._throttles.append((action, rate, burst))

    def delay(self, ms: float, action: str = "*") -> None:
        """Every answer waits so long before it is given."""
        self._delays.append((action, ms / 1000))

    def cut(self, action: str) -> None:
        """The connection breaks halfway through the body."""
        self._cuts.append(action)

    def repage(self, action: str, size: int = 1) -> None:
        """Pages of this size, whatever the caller asks for."""
        self._sizes.append((action, size))

    def loop_token(self, action: str) -> None:
        """A list that never ends: the same page and the same token for ever."""
        self._loops.append(action)

    def expire(self, access_key: str = "*") -> None:
        """The credentials have run out; those of everybody unless one key is named."""
        self._expired.add(access_key)

    def fail(self, action: str = "*", status: int = 503, times: int | None = None) -> None:
        """A fault of the service itself, for so many calls or for ever."""
        self._failures.append([action, status, times])

    # ---- what a call meets -----------------------------------------------------------------------

    def wait(self, call: Call) -> None:
        time.sleep(sum(seconds for action, seconds in self._delays if matches(action, call)))

    def check(self, call: Call, principal: str) -> None:
        """Raises the error that this call is to see."""
        if self._expired & {call.access_key, "*"}:
            raise wire.expired(call)
        with self._lock:
            for number, (action, rate, burst) in enumerate(self._throttles):
                if matches(action, call):
                    name = (number, call.action, call.region)
                    if not self._buckets.setdefault(name, TokenBucket(rate, burst)).take():
                        raise wire.throttled(call)
            for failure in self._failures:
                action, status, times = failure
                if matches(action, call) and times != 0:
                    failure[2] = times and times - 1
                    raise wire.failed(call, status)
        if self._is_denied(call):
            raise wire.access_denied(call, principal)

    def _is_denied(self, call: Call) -> bool:
        if any(matches(action, call) for action in self._denied):
            return True
        if self._allowed is None or call.action in NEEDS_NO_PERMISSION:
            return False
        return not any(matches(action, call) for action in self._allowed)

    def page_size(self, call: Call) -> int | None:
        return next((size for action, size in reversed(self._sizes) if matches(action, call)), None)

    def loops(self, call: Call) -> bool:
        return any(matches(action, call) for action in self._loops)

    def cuts(self, call: Call) -> bool:
        return any(matches(action, call) for action in self._cuts)

    def status(self) -> dict:
        """What is switched on, for people."""
        return {name.lstrip("_"): list(value) for name, value in vars(self).items() if isinstance(value, (list, set)) and value}
