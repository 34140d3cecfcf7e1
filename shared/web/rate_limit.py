"""A rate limit per client, over a sliding window of a minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from aiohttp import web

from shared.runtime.bounded_map import BoundedMap
from shared.web.caller import client_networks, is_staff
from shared.web.client_address import WIDER
from shared.web.problem import TOO_MANY_REQUESTS, Problem

_WINDOW_SECONDS = 60
MAX_CLIENTS = 10_000
"""How many clients are remembered; the one that came longest ago is forgotten first."""


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
