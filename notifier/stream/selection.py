"""Selections: which readers are shown an event, by routing key, and which view of it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.clock import rfc3339
from shared.messages.announcement import ORDER_EVENTS, CloudEvent, OrderChange

BOARD = "board"
"""The topic of what the board may show. It is not in SNS: it is derived from `order-events`."""

BOARD_CHANGED = "coffeeshop.board.changed.v1"


@dataclass(frozen=True, slots=True)
class RingEvent:
    """An event as JSON, in the view of each routing key.

    A routing key is a topic, or `<topic>/<order id>` for the part of it that is about one order and
    its remakes.
    """

    views: Mapping[str, bytes]


@dataclass(slots=True)
class Acknowledgement:
    """Counts the readers that have yet to write the event at `index` of the ring."""

    index: int
    _pending: int = 0
    _complete: asyncio.Event = field(default_factory=asyncio.Event)

    def expect(self) -> None:
        """Count one more reader."""
        self._pending += 1

    def acknowledge(self) -> None:
        """Count one less: it has written the event to its stream."""
        self._pending -= 1
        if not self._pending:
            self._complete.set()

    async def wait(self, seconds: float) -> None:
        """Return when every reader has written it, or after so many seconds: one may stall."""
        if self._pending:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._complete.wait()


@dataclass(frozen=True, slots=True)
class Selection:
    """The topics that a reader selects: all of each, or only what is about one order."""

    topics: frozenset[str]
    order_id: str | None = None

    @property
    def routing_keys(self) -> Sequence[str]:
        """The selected routing keys."""
        if self.order_id is None:
            return sorted(self.topics)
        return [f"{topic}/{self.order_id}" for topic in sorted(self.topics)]


def ring_event(topic: str, event: CloudEvent) -> RingEvent:
    """Make the views of an event that was published to `topic`.

    Raises pydantic's ValidationError when the data of an order's event is not an order change.
    """
    change = OrderChange.model_validate(event.data) if topic == ORDER_EVENTS else None
    on_board = board_event(event, change) if change is not None else None
    views = {
        name: shown.model_dump_json(exclude_none=True).encode()
        for name, shown in ((topic, event), (BOARD, on_board))
        if shown is not None
    }
    if change is None:
        return RingEvent(views)
    orders = {change.order_id, change.remake_of or change.order_id}
    of_order = {f"{name}/{order}": view for order in orders for name, view in views.items()}
    return RingEvent(views | of_order)


def board_event(event: CloudEvent, change: OrderChange) -> CloudEvent | None:
    """Make the board's event of a change, without the order's id; None if it shows nothing.

    The board shows an order once a barista has claimed it. Every later change puts a number there
    or removes one; a change back to `placed` is a barista's release.

    The event's id is always the same for a change. It is a digest: an order id has 128 random
    bits, so that nobody finds it by trying.
    """
    if change.previous_state is None:
        return None
    return CloudEvent(
        id=hashlib.sha256(f"{BOARD}:{event.id}".encode()).hexdigest()[:32],
        source=event.source,
        type=BOARD_CHANGED,
        time=event.time,
        data={"number": change.number, "state": change.state, "since": rfc3339(event.time)},
    )
