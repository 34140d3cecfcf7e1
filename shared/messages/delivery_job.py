"""What the notifier still has to do for a subscriber: the messages of its deliveries queue.

As with tickets, the record is in the store, and the message says only what to do next; what a newer
notifier may say beside it is passed over.
"""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class Deliver(BaseModel):
    """Deliver what is in the log under these ids."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["deliver"] = "deliver"
    subscription_id: str
    delivery_id: str


class Redeliver(BaseModel):
    """Make one more attempt at a delivery, whatever became of it: somebody has asked for it."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["redeliver"] = "redeliver"
    subscription_id: str
    delivery_id: str


class Confirm(BaseModel):
    """Ask the subscriber whether the subscription is wanted: a challenge, or a mail."""

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
