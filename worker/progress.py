"""What a worker reports of its work in its heartbeat.

From `newest_ticket_at` a cashier concludes that older tickets are lost, and from `in_hand` a
supervisor which worker is idle.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator

from shared.consuming.message import Message

_LAST = 10
"""Few, so that the mean follows soon when other orders come."""


class Progress:
    """Follows the tickets of one worker; `monotonic` is a clock, in seconds.

    `newest_ticket_at` is when the newest ticket was sent, by the queue's clock, of those received
    for the first time; none before the first. `in_hand` counts orders from claim to ready.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._seconds: deque[float] = deque(maxlen=_LAST)
        self.newest_ticket_at: dt.datetime | None = None
        self.in_hand = 0

    def received(self, message: Message) -> None:
        """Note when a ticket was sent that has just been received."""
        if message.receive_count == 1 and message.sent_at is not None:
            newest = self.newest_ticket_at or message.sent_at
            self.newest_ticket_at = max(newest, message.sent_at)

    @contextlib.contextmanager
    def preparing(self) -> Iterator[None]:
        """Time a preparation, from claim to ready; one that raises does not count."""
        began = self._monotonic()
        self.in_hand += 1
        try:
            yield
        finally:
            self.in_hand -= 1
        self._seconds.append(self._monotonic() - began)

    @property
    def prepared(self) -> int:
        """How many preparations the mean covers: the last 10 at most."""
        return len(self._seconds)

    @property
    def prep_seconds(self) -> float:
        """The mean preparation time; 0 before the first."""
        return statistics.fmean(self._seconds) if self._seconds else 0.0
