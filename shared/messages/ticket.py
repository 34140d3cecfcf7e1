"""The ticket: the SQS message that stands for an order."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, PositiveInt, StringConstraints

OrderId = Annotated[str, StringConstraints(min_length=1, max_length=64)]
"""Any longer one is of no order: ours have 26 characters, and no store can look for all lengths."""


class Ticket(BaseModel):
    """Says which order to prepare; everything else is in the order store.

    `version` is the order's when the ticket was queued: it tells a ticket from those before it.
    Tickets of old had none, and are taken for those of orders just placed; those of a newer cashier
    may say more, which is passed over.
    """

    model_config = ConfigDict(frozen=True)

    order_id: OrderId
    store_id: str
    correlation_id: str
    version: PositiveInt = 1
