"""Slows down callers who show wrong keys, so that a key cannot be guessed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter

from shared.runtime.bounded_map import BoundedMap
from shared.runtime.log_limit import LogLimit
from shared.web.client_address import WIDER
from shared.web.problem import TOO_MANY_REQUESTS, Problem

_WINDOW_SECONDS = 60
_MOST_CLIENTS = 10_000
_MOST_IN_ALL = 300

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyGuard:
    """Refuses to look at a key of a client that has shown `per_minute` wrong ones; 0: of none.

    Beyond 300 wrong keys of all clients in a minute, one of its own is enough. A client that has
    shown no wrong key is never refused: nobody at another address can lock staff out.
    """

    per_minute: int
    wrong_keys: Counter
    monotonic: Callable[[], float] = time.monotonic
    _by_network: BoundedMap[str, deque[float]] = field(
        default_factory=lambda: BoundedMap(_MOST_CLIENTS)
    )
    _of_all: deque[float] = field(default_factory=lambda: deque(maxlen=_MOST_IN_ALL))
    _warnings: LogLimit = field(default_factory=lambda: LogLimit(_WINDOW_SECONDS))

    def check(self, networks: Sequence[str]) -> None:
        """Raise a Problem of kind TOO_MANY_REQUESTS while a client may show no key."""
        if not self.per_minute:
            return
        since = self.monotonic() - _WINDOW_SECONDS
        many = len(self._of_all) == _MOST_IN_ALL and self._of_all[0] > since
        for step, network in enumerate(networks):
            wrong = self._by_network.get(network)
            allowed = 1 if many and step == 0 else self.per_minute * WIDER**step
            if wrong and len(wrong) >= allowed and wrong[-allowed] > since:
                detail = "too many wrong keys came from your address"
                wait = wrong[-allowed] - since
                raise Problem(TOO_MANY_REQUESTS, detail, retry_after=wait)

    def record(self, networks: Sequence[str]) -> None:
        """Count a wrong key of a client."""
        now = self.monotonic()
        self.wrong_keys.inc()
        self._of_all.append(now)
        for step, network in enumerate(networks):
            wrong = self._by_network.get(network)
            if wrong is None:
                wrong = deque(maxlen=max(1, self.per_minute) * WIDER**step)
            wrong.append(now)
            self._by_network[network] = wrong
        if self._warnings.is_due(networks[0]):
            log.warning("key.wrong", per_minute=self.per_minute)


KEY_GUARD: web.AppKey[KeyGuard] = web.AppKey("KEY_GUARD", KeyGuard)
"""The guard of the staff key, and of the tokens beside which it may be shown."""


def new_key_guard(per_minute: int, registry: CollectorRegistry) -> KeyGuard:
    """Make a guard; the registry counts the wrong keys."""
    wrong_keys = Counter(
        "coffeeshop_wrong_keys", "Keys and tokens that were not ours.", registry=registry
    )
    return KeyGuard(per_minute=per_minute, wrong_keys=wrong_keys)
