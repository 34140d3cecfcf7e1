"""The ticket: the SQS message that stands for an order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Protocol

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    StringConstraints,
    ValidationError,
)

from shared.domain.order import Order, OrderState, log_id

OrderId = Annotated[str, StringConstraints(min_length=1, max_length=64)]
"""Ours have 26 characters; a longer one names no order, and no store takes a key of any length."""


class Ticket(BaseModel):
    """Names the order to prepare; everything else is in the order store.

    `version` is that of the order's last change that was announced before the ticket was queued.
    Old tickets have none, and count as tickets of orders just placed; unknown fields, which a newer
    cashier may add, are ignored. `swaps` is how often a barista put a fresh ticket in the place of
    one that was received too often.
    """

    model_config = ConfigDict(frozen=True)

    order_id: OrderId
    store_id: str
    correlation_id: str
    version: PositiveInt = 1
    swaps: Annotated[NonNegativeInt, Field(exclude_if=lambda swaps: swaps == 0)] = 0


class TicketQueue(Protocol):
    """The part of the tickets' queue that sends."""

    async def send(
        self, body: str, attributes: Mapping[str, str], *, group: str | None = None
    ) -> None:
        """Return once the queue has confirmed the message."""


def ticket_for(order: Order) -> Ticket:
    """Make the ticket of an order as it is now.

    That the order is `preparing` is for a barista to announce, and may not be announced yet.
    """
    announced = order.version - (order.state is OrderState.PREPARING)
    return Ticket(
        order_id=order.id,
        store_id=order.store_id,
        correlation_id=order.correlation_id,
        version=announced,
    )


async def send_ticket(queue: TicketQueue, ticket: Ticket) -> None:
    """Queue a ticket; raises what the queue does."""
    attributes = {"correlation_id": ticket.correlation_id}
    await queue.send(ticket.model_dump_json(), attributes, group=ticket.store_id)


def log_fields(body: str, queue: str = "orders") -> Mapping[str, object]:
    """Name the order of a ticket in logs."""
    try:
        ticket = Ticket.model_validate_json(body)
    except ValidationError:
        return {"queue": queue}
    order = log_id(ticket.order_id)
    return {"queue": queue, "order": order, "correlation_id": ticket.correlation_id}
