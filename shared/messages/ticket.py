"""The ticket: the SQS message that stands for an order."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

OrderId = Annotated[str, StringConstraints(min_length=1, max_length=64)]
"""Any longer one is of no order: ours have 26 characters, and no store can look for all lengths."""


class Ticket(BaseModel):
    """Says which order to prepare; everything else is in the order store."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order_id: OrderId
    store_id: str
    correlation_id: str
