"""Deliveries: one announcement for one subscriber, as the delivery log has it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum


class DeliveryState(StrEnum):
    """The state of a delivery."""

    DUE = "due"
    DELIVERED = "delivered"
    FAILED = "failed"
    """It is a dead letter."""

    DROPPED = "dropped"
    """The subscription had ended."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one subscriber.

    `event` is the CloudEvent as JSON; `at` is when the delivery was first due. `attempts` counts
    the attempts that began, without those that failed on our side. `error` says how the last one
    failed, which began at `tried_at`; without an error it is in progress, or was cut off and may
    have succeeded. `not_before` is when the next one may be made.
    """

    subscription_id: str
    id: str
    topic: str
    event_id: str
    event_type: str
    event: str
    at: dt.datetime
    state: DeliveryState = DeliveryState.DUE
    attempts: int = 0
    tried_at: dt.datetime | None = None
    error: str | None = None
    not_before: dt.datetime | None = None


def attempted(delivery: Delivery, at: dt.datetime, not_before: dt.datetime) -> Delivery:
    """Count an attempt that begins now, and has no result yet."""
    return replace(
        delivery,
        attempts=delivery.attempts + 1,
        tried_at=at,
        error=None,
        not_before=not_before,
    )


def delivery_id(event_time: dt.datetime, event_id: str) -> str:
    """Make an id that sorts by time, the same for every announcement of the event."""
    return f"{int(event_time.timestamp() * 1000):013d}-{event_id}"


def due_sort_key(delivery: Delivery) -> str:
    """Return the position of a delivery in the order of all that are due."""
    return f"{delivery.id}#{delivery.subscription_id}"
