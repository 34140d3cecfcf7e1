"""The shop as a whole: whether it takes orders, what is sold out, and which processes run."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from shared.domain.hours import Hours, OpenTime, next_opening, open_time


class ShopState(StrEnum):
    """Whether the shop takes orders. `open` and `busy` do, `paused` and `closed` do not."""

    OPEN = "open"
    BUSY = "busy"
    PAUSED = "paused"
    CLOSED = "closed"


class Hand(StrEnum):
    """Who prepares orders: a timer, or people, who say when an order is ready."""

    SIMULATED = "simulated"
    PEOPLE = "people"


TAKES_ORDERS = frozenset({ShopState.OPEN, ShopState.BUSY})
"""The states in which orders can be placed."""


@dataclass(frozen=True, slots=True)
class ShopStatus:
    """What staff have set: the state, its reason, its end, and what is sold out."""

    state: ShopState = ShopState.OPEN
    reason: str | None = None
    until: dt.datetime | None = None
    sold_out: frozenset[str] = frozenset()

    def at(self, now: dt.datetime) -> ShopStatus:
        """Return the status at `now`: the shop is open once `until` is reached."""
        if self.until is None or now < self.until:
            return self
        return ShopStatus(sold_out=self.sold_out)


CLOSED_BY_HOURS = "outside the opening hours"


def within_hours(
    status: ShopStatus, hours: Hours, zone: dt.tzinfo, now: dt.datetime
) -> tuple[ShopStatus, OpenTime | None]:
    """Return the status that counts at `now`, and the time of the hours that it is in, if any.

    Outside its hours the shop is closed. What staff closed until a time opens with the hours
    after that.
    """
    status, time = status.at(now), open_time(hours, zone, now)
    if status.state not in TAKES_ORDERS:
        until = status.until and next_opening(hours, zone, status.until)
        return replace(status, until=until), time
    if time is not None:
        return status, time
    until = next_opening(hours, zone, now)
    return replace(status, state=ShopState.CLOSED, reason=CLOSED_BY_HOURS, until=until), None


@dataclass(frozen=True, slots=True)
class WorkerHeartbeat:
    """A worker at work: it prepares `slots` orders at once, and counts as alive before `until`.

    `newest_ticket_at` is when the newest ticket was sent that it received for the first time.
    `in_hand` is how many orders it was preparing. Its last `prepared` orders took `prep_seconds`
    each, on average, from the claim until they were ready. It has sent `sqs_requests` and
    `sns_requests` since it started, as AWS bills them. `waiting_since` is since when the oldest
    order waits whose ticket it holds, and has not claimed; older ones may have no ticket.
    """

    worker: str
    slots: int
    until: dt.datetime
    newest_ticket_at: dt.datetime | None = None
    in_hand: int = 0
    prepared: int = 0
    prep_seconds: float = 0.0
    sqs_requests: int = 0
    sns_requests: int = 0
    waiting_since: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class CashierHeartbeat:
    """A cashier that has not stopped cleanly: it was at work at `at`, and may have crashed since.

    `unannounced_since` is when it made the oldest change that it could not announce yet.
    """

    cashier: str
    at: dt.datetime
    unannounced_since: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class NotifierHeartbeat:
    """A notifier that has a live queue; `at` changes while it is alive.

    It is recorded before the queue is created, and deleted after it.
    """

    notifier: str
    at: dt.datetime


Heartbeat: TypeAlias = WorkerHeartbeat | CashierHeartbeat | NotifierHeartbeat
