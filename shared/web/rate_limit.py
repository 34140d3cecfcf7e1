"""A rate limit per client, over a sliding window of a minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from aiohttp import web

from shared.runtime.bounded_map import BoundedMap
from shared.web.caller import client_key, is_staff
from shared.web.problem import TOO_MANY_REQUESTS, Problem

_WINDOW_SECONDS = 60
MAX_CLIENTS = 10_000
"""How many clients are remembered; the one that came longest ago is forgotten first."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A sliding window for each client; 0 `per_minute` is no limit. `monotonic` gives seconds."""

    per_minute: int
    monotonic: Callable[[], float]
    _tries: BoundedMap[str, deque[float]] = field(
        default_factory=partial(BoundedMap, MAX_CLIENTS), init=False
    )

    def admit(self, request: web.Request) -> None:
        """Count a request of its client, unless that is staff.

        Raises a Problem of kind TOO_MANY_REQUESTS when the client is over its limit.
        """
        if not self.per_minute or is_staff(request):
            return
        client, now = client_key(request), self.monotonic()
        tries = self._tries.get(client) or deque(maxlen=self.per_minute)
        self._tries[client] = tries
        if len(tries) == self.per_minute and (wait := tries[0] + _WINDOW_SECONDS - now) > 0:
            raise Problem(TOO_MANY_REQUESTS, "wait a little before the next one", retry_after=wait)
        tries.append(now)
