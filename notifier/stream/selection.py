"""Who is shown what: an event has a view for each of its routes, a reader selects some routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from notifier.stream.board import BOARD, board_event
from shared.messages.announcement import ORDER_EVENTS, CloudEvent, OrderChange


@dataclass(frozen=True, slots=True)
class Announcement:
    """An event as JSON, in the view that each route has of it.

    A route is a topic, or the part of a topic that is about one order.
    """

    views: Mapping[str, bytes]

    @property
    def weight(self) -> int:
        """Roughly the bytes that it takes up."""
        return sum(len(view) for view in self.views.values())


def announcement(topic: str, event: CloudEvent) -> Announcement:
    """Make the views of an event that was published to `topic`.

    Raises pydantic's ValidationError when an order's event does not tell of an order.
    """
    if topic != ORDER_EVENTS:
        return Announcement({topic: _json(event)})
    change = OrderChange.model_validate(event.data)
    views = {ORDER_EVENTS: _json(event)}
    if shown := board_event(event, change):
        views[BOARD] = _json(shown)
    return Announcement(
        views | {_narrowed(route, change.order_id): view for route, view in views.items()}
    )


@dataclass(frozen=True, slots=True)
class Selection:
    """What a reader wants to see: topics, all of them or as far as they are about one order."""

    topics: frozenset[str]
    order_id: str | None = None

    @property
    def routes(self) -> Sequence[str]:
        """The routes that it is made of."""
        if self.order_id is None:
            return sorted(self.topics)
        return [_narrowed(topic, self.order_id) for topic in sorted(self.topics)]


def _narrowed(topic: str, order_id: str) -> str:
    return f"{topic}/{order_id}"


def _json(event: CloudEvent) -> bytes:
    return event.model_dump_json(exclude_none=True).encode()
