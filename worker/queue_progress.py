"""How far down the line a barista has come, and how many orders it has in hand.

By the one a cashier can tell that a ticket is gone, by the other a supervisor who is idle.
"""

from __future__ import annotations

import datetime as dt

from shared.consuming.message import Handler, Message
from shared.consuming.outcome import Outcome


class QueueProgress:
    """Watches deliveries on their way to a handler.

    `sent_at` is when the newest ticket was sent, by the queue's clock, of those that were received
    for the first time; none before there was one. `in_hand` is how many are with the handler.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.sent_at: dt.datetime | None = None
        self.in_hand = 0

    async def take(self, delivery: Message) -> Outcome:
        """Note how far the line has come, and hand the delivery on."""
        if delivery.receive_count == 1 and delivery.sent_at is not None:
            self.sent_at = max(self.sent_at or delivery.sent_at, delivery.sent_at)
        self.in_hand += 1
        try:
            return await self._handler(delivery)
        finally:
            self.in_hand -= 1
