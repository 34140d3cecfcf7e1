"""Delivery jobs: the messages of the job queue, each the next step for one subscriber.

As with tickets, the record is in the store, and the message has only its ids; fields that a newer
notifier adds are ignored.
"""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class Deliver(BaseModel):
    """Deliver the delivery that the log has under these ids."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["deliver"] = "deliver"
    subscription_id: str
    delivery_id: str


class Redeliver(BaseModel):
    """Make one more attempt at a delivery, whatever its state, because a caller asked for it."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["redeliver"] = "redeliver"
    subscription_id: str
    delivery_id: str


class Confirm(BaseModel):
    """Send a confirmation request: a challenge, or a mail."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["confirm"] = "confirm"
    subscription_id: str


DeliveryJob = Annotated[Deliver | Redeliver | Confirm, Field(discriminator="kind")]

DELIVERY_JOB: TypeAdapter[Deliver | Redeliver | Confirm] = TypeAdapter(DeliveryJob)
"""Reads a job; raises pydantic's ValidationError."""


class JobQueue(Protocol):
    """The queue of delivery jobs."""

    async def send(self, body: str) -> None:
        """Return once the queue has confirmed a job, given as JSON; raises what the queue does."""
