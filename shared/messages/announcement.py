"""Announcements: CloudEvents 1.0 in JSON, as published to a topic and read by subscribers."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from shared.clock import Timestamp
from shared.domain.order import TRANSITIONS, Order, OrderState, log_id

ORDER_EVENTS = "order-events"
"""The topic of all changes of orders."""

ORDER_TYPES: Mapping[OrderState, str] = MappingProxyType(
    {state: f"coffeeshop.order.{state}.v1" for state in OrderState}
)
"""The type of the event that announces each state."""

NEWSLETTER_PUBLISHED = "coffeeshop.newsletter.published.v1"

NO_SUBSCRIBERS: Mapping[str, str] = MappingProxyType({"subscribers": "none"})
"""The message attribute of a change of an order that nobody can have subscribed to."""

_REMEMBERED = 40
"""Twice as many announcements as two polls bring; each has up to 256 KiB."""

CLOSING_TYPES = frozenset(
    ORDER_TYPES[state] for state, following in TRANSITIONS.items() if not following
)
"""The types of an order's last event."""


class OrderChange(BaseModel):
    """The `data` of an order's event; that of a canceled one has the reason, if there is one.

    A remake has the order that it is a `remake_of`. One that was collected because it is made
    again says which order it is `remade_as`.
    """

    model_config = ConfigDict(frozen=True)

    order_id: str
    number: str
    state: OrderState
    previous_state: OrderState | None
    version: int
    attempt: int
    cancel_reason: str | None = Field(default=None, exclude_if=lambda reason: reason is None)
    remake_of: str | None = Field(default=None, exclude_if=lambda first: first is None)
    remade_as: str | None = Field(default=None, exclude_if=lambda remake: remake is None)


class CloudEvent(BaseModel):
    """An event in the JSON format of CloudEvents 1.0."""

    model_config = ConfigDict(frozen=True, extra="allow")

    specversion: Literal["1.0"] = "1.0"
    id: Annotated[str, StringConstraints(min_length=1)]
    source: str
    type: Annotated[str, StringConstraints(min_length=1)]
    subject: str | None = None
    time: Timestamp
    datacontenttype: Literal["application/json"] = "application/json"
    correlationid: str | None = None
    data: dict[str, Any]


def order_event(order: Order) -> CloudEvent:
    """Make the event that announces the state that `order` is in.

    The event id is made of the order's id and version, so that a change announced again has the
    same id.
    """
    change = OrderChange(
        order_id=order.id,
        number=order.number,
        state=order.state,
        previous_state=order.previous_state,
        version=order.version,
        attempt=order.attempt,
        cancel_reason=order.cancel_reason if order.state is OrderState.CANCELED else None,
        remake_of=order.remake_of,
        remade_as=order.remade_as if order.state is OrderState.COLLECTED else None,
    )
    return CloudEvent(
        id=f"{order.id}:{order.version}",
        source=f"/stores/{order.store_id}",
        type=ORDER_TYPES[order.state],
        subject=order.id,
        time=order.since,
        correlationid=order.correlation_id,
        data=change.model_dump(mode="json"),
    )


@functools.lru_cache(maxsize=_REMEMBERED)
def read_event(body: str) -> CloudEvent:
    """Read an announcement; raises pydantic's ValidationError.

    A message is read for its log lines and by its handler, and one process may receive it from two
    queues: the last ones are remembered. Nobody may change the `data` of what this returns.
    """
    return CloudEvent.model_validate_json(body)


def log_fields(body: str, queue: str = "announcements") -> Mapping[str, object]:
    """Name the order of an announcement, or the issue, in logs."""
    try:
        event = read_event(body)
    except ValidationError:
        return {"queue": queue}
    order_id = event.data.get("order_id")
    about = {"issue": event.id} if order_id is None else {"order": log_id(str(order_id))}
    return {"queue": queue, **about, "correlation_id": event.correlationid}
