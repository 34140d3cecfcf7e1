"""The ticket: the SQS message that stands for an order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PositiveInt, StringConstraints, ValidationError

from shared.domain.order import log_id

OrderId = Annotated[str, StringConstraints(min_length=1, max_length=64)]
"""Ours have 26 characters; a longer one names no order, and no store takes a key of any length."""


class Ticket(BaseModel):
    """Names the order to prepare; everything else is in the order store.

    `version` is the order's version when the ticket was queued, which distinguishes its tickets.
    Old tickets have none, and count as tickets of orders just placed; unknown fields, which a newer
    cashier may add, are ignored.
    """

    model_config = ConfigDict(frozen=True)

    order_id: OrderId
    store_id: str
    correlation_id: str
    version: PositiveInt = 1


def log_fields(body: str, queue: str = "orders") -> Mapping[str, object]:
    """Name the order of a ticket in logs."""
    try:
        ticket = Ticket.model_validate_json(body)
    except ValidationError:
        return {"queue": queue}
    order = log_id(ticket.order_id)
    return {"queue": queue, "order": order, "correlation_id": ticket.correlation_id}
