"""Delivery jobs: the messages of the job queue, each the next step for one subscriber.

As with tickets, the record is in the store, and the message has only its ids; fields that a newer
notifier adds are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shared.domain.order import log_id


class Deliver(BaseModel):
    """Deliver the delivery that the log has under these ids.

    `correlation_id` is its event's, for logs; a job that was queued again has none.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["deliver"] = "deliver"
    subscription_id: str
    delivery_id: str
    correlation_id: str | None = None


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


def log_fields(body: str, queue: str = "deliveries") -> Mapping[str, object]:
    """Name the subscription of a job in logs, and the order that a delivery is about."""
    try:
        job = DELIVERY_JOB.validate_json(body)
    except ValidationError:
        return {"queue": queue}
    fields = {"queue": queue, "job": job.kind, "subscription": job.subscription_id}
    if order := None if isinstance(job, Confirm) else _order_in(job.delivery_id):
        fields["order"] = log_id(order)
    correlation_id = job.correlation_id if isinstance(job, Deliver) else None
    return {**fields, "correlation_id": correlation_id} if correlation_id else fields


def _order_in(delivery_id: str) -> str | None:
    """Find the order of a delivery: its id ends with that of the event, `<order>:<version>`."""
    order, colon, _ = delivery_id.partition("-")[2].rpartition(":")
    return order if colon else None


class JobQueue(Protocol):
    """The queue of delivery jobs."""

    async def send(self, body: str, *, group: str | None = None) -> None:
        """Return once the queue has confirmed a job, given as JSON; raises what the queue does."""


async def send_job(queue: JobQueue, job: Deliver | Redeliver | Confirm) -> None:
    """Queue a job, in the group of its subscription; raises what the queue does."""
    await queue.send(job.model_dump_json(), group=job.subscription_id)
