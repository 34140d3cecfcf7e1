"""How often one client may do something: so many tries in any minute."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable

from aiohttp import web

from shared.web.auth import is_staff
from shared.web.client_address import client_address
from shared.web.problem import TOO_MANY_REQUESTS, Problem

_WINDOW_SECONDS = 60
MAX_CLIENTS = 10_000
"""The clients that are remembered; the one not seen for longest is forgotten first."""


class RateLimit:
    """A sliding window for each client. `monotonic` gives seconds."""

    def __init__(self, per_minute: int, monotonic: Callable[[], float]) -> None:
        self._per_minute = per_minute
        self._monotonic = monotonic
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    def admit(self, client: str) -> float:
        """Let `client` through (0), or say how many seconds it has to wait."""
        if not self._per_minute:
            return 0
        now = self._monotonic()
        tries = self._tries.setdefault(client, deque(maxlen=self._per_minute))
        self._tries.move_to_end(client)
        if len(self._tries) > MAX_CLIENTS:
            self._tries.popitem(last=False)
        if len(tries) == self._per_minute and (wait := tries[0] + _WINDOW_SECONDS - now) > 0:
            return wait
        tries.append(now)
        return 0


def admit(request: web.Request, rate_limit: RateLimit) -> None:
    """Let a client through if it has not come too often; staff may always.

    Raises a Problem of kind TOO_MANY_REQUESTS.
    """
    if is_staff(request):
        return
    wait = rate_limit.admit(client_address(request))
    if wait:
        raise Problem(TOO_MANY_REQUESTS, "wait a little before the next one", retry_after=wait)
