"""How often one client may do something: so many tries in any minute."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable

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
