"""The ticket: the SQS message that stands for an order."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Ticket(BaseModel):
    """Says which order to prepare; everything else is in the order store."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order_id: str
    store_id: str
    correlation_id: str
