"""Rate limits per client: of one kind of request in any minute, and of all its requests."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter

from shared.runtime.bounded_map import BoundedMap
from shared.runtime.log_limit import LogLimit
from shared.web.caller import client_networks, is_staff
from shared.web.client_address import WIDER
from shared.web.problem import TOO_MANY_REQUESTS, Problem

_WINDOW_SECONDS = 60
_BURST_SECONDS = 5
"""After a pause a client may send at once what it may send in this time."""

_HELD_SECONDS = 1
"""How long a client over its limit waits for the refusal: it learns to send no faster."""

MAX_CLIENTS = 10_000
"""How many clients are remembered; the one that came longest ago is forgotten first."""

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A sliding window for each client; 0 `per_minute` is no limit. `monotonic` gives seconds.

    The wider networks that an IPv6 client is in have windows too, `WIDER` times as large each.
    """

    per_minute: int
    monotonic: Callable[[], float]
    _tries: BoundedMap[str, deque[float]] = field(
        default_factory=partial(BoundedMap, MAX_CLIENTS), init=False
    )

    def admit(self, request: web.Request) -> None:
        """Count a request of its client, unless that is staff.

        Raises a Problem of kind TOO_MANY_REQUESTS when the client, or a network it is in, is over
        its limit.
        """
        if not self.per_minute or is_staff(request):
            return
        now = self.monotonic()
        windows = [
            self._window(network, self.per_minute * WIDER**step)
            for step, network in enumerate(client_networks(request))
        ]
        for tries in windows:
            if len(tries) == tries.maxlen and (wait := tries[0] + _WINDOW_SECONDS - now) > 0:
                detail = "wait a little before the next one"
                raise Problem(TOO_MANY_REQUESTS, detail, retry_after=wait)
        for tries in windows:
            tries.append(now)

    def _window(self, network: str, most: int) -> deque[float]:
        """Return when the last tries from a network were, and remember it as the latest one."""
        tries = self._tries.get(network) or deque(maxlen=most)
        self._tries[network] = tries
        return tries


@dataclass(frozen=True, slots=True)
class RequestRate:
    """Limits all requests of a client that shows no staff key; 0 `per_second` is no limit.

    The generic cell rate algorithm (ITU-T I.371): of each client the time is kept until which its
    requests would have taken, had they come at the rate.
    """

    per_second: float
    limited: Counter
    monotonic: Callable[[], float] = time.monotonic
    _taken_until: BoundedMap[str, float] = field(
        default_factory=partial(BoundedMap, MAX_CLIENTS), init=False
    )
    _warnings: LogLimit = field(default_factory=partial(LogLimit, _WINDOW_SECONDS), init=False)

    async def admit(self, request: web.Request) -> None:
        """Count a request; raises a Problem of kind TOO_MANY_REQUESTS a second later."""
        if not self.per_second:
            return
        now, client = self.monotonic(), client_networks(request)[0]
        taken_until = max(now, self._taken_until.get(client, now)) + 1 / self.per_second
        if taken_until <= now + _BURST_SECONDS:
            self._taken_until[client] = taken_until
            return
        if is_staff(request):
            return
        self.limited.inc()
        if self._warnings.is_due(client):
            log.warning("requests.limited", per_second=self.per_second)
        await asyncio.sleep(_HELD_SECONDS)
        detail = f"send no more than {self.per_second:g} requests in a second"
        raise Problem(TOO_MANY_REQUESTS, detail, retry_after=_HELD_SECONDS)


REQUEST_RATE: web.AppKey[RequestRate] = web.AppKey("REQUEST_RATE", RequestRate)
"""The limit on all requests of one client."""


def new_request_rate(per_second: float, registry: CollectorRegistry) -> RequestRate:
    """Make a limit whose refusals the registry counts."""
    limited = Counter(
        "coffeeshop_http_requests_limited",
        "Requests refused because their client sent too many.",
        registry=registry,
    )
    return RequestRate(per_second, limited)
