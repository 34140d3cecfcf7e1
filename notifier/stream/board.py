"""The board's view of an order: what the counter's display may show, and nothing of its id."""

from __future__ import annotations

import hashlib

from shared.clock import rfc3339
from shared.messages.announcement import CloudEvent, OrderChange

BOARD = "board"
"""The topic of what the counter's display may show. Not SNS's: it is made of `order-events`."""

BOARD_CHANGED = "coffeeshop.board.changed.v1"
_ID_BYTES = 16


def board_event(event: CloudEvent, change: OrderChange) -> CloudEvent | None:
    """Tell the display of a change; none of one that it does not show.

    A fresh order is not on the display before a barista has begun it. Every later change puts a
    number there or takes one away; one that goes back to `placed` was released by its barista.
    """
    if change.previous_state is None:
        return None
    return CloudEvent(
        id=_disguised(event.id),
        source=event.source,
        type=BOARD_CHANGED,
        time=event.time,
        data={"number": change.number, "state": change.state, "since": rfc3339(event.time)},
    )


def _disguised(event_id: str) -> str:
    """Make an id that is always the same for a change, and does not lead back to its order.

    An order id has 128 random bits, so that nobody finds it by trying.
    """
    return hashlib.sha256(f"{BOARD}:{event_id}".encode()).hexdigest()[: 2 * _ID_BYTES]
