"""Which orders have lost their tickets, by how far the queue has been worked off. Pure decisions.

A queue cannot be searched. But if every ticket sent before some time has been received, an older
order that still waits has lost its ticket. That time is the horizon. It moves on when the queue is
found empty, and when baristas receive newer tickets. But no order is older than the horizon while
a barista holds its ticket, and has it wait in line.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.domain.order import Order, OrderState

_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Margins:
    """Safety margins of the decision.

    `settling` is how long it may take from an order's change until the queue counts its ticket,
    and how far clocks may be apart. `disorder` is by how much tickets may overtake one another.
    `retry_after` is how long a fresh ticket has before the order is given another.
    """

    settling: dt.timedelta
    disorder: dt.timedelta
    retry_after: dt.timedelta


def horizon(
    empty_at: dt.datetime | None,
    newest_sent_at: Iterable[dt.datetime],
    now: dt.datetime,
    margins: Margins,
    *,
    waiting_since: Iterable[dt.datetime] = (),
) -> dt.datetime | None:
    """Return the time from before which no ticket is on the queue any more, if it is known.

    `empty_at` is when the queue was last found empty. `newest_sent_at` are the send times of the
    newest tickets that each barista has received, `waiting_since` since when the oldest orders wait
    whose tickets a barista holds. Times from the future come from a clock that is
    wrong or was set back, ours or the queue's, and prove nothing.
    """
    latest = now + margins.settling
    passed = [sent_at - margins.disorder for sent_at in newest_sent_at if sent_at <= latest]
    if empty_at is not None and empty_at <= latest:
        passed.append(empty_at)
    if not passed:
        return None
    return min([max(passed) - margins.settling, *waiting_since])


def lost_tickets(
    orders: Iterable[Order],
    horizon: dt.datetime,
    *,
    fresh: Mapping[str, dt.datetime],
    now: dt.datetime,
    margins: Margins,
) -> list[Order]:
    """Pick the orders whose ticket is gone: it was sent before the horizon, and they still wait.

    `fresh` maps the ids of orders to when they were given a fresh ticket.
    """
    return [
        order
        for order in orders
        if _waits(order, now)
        and not _still_has(fresh.get(order.id), horizon, now, margins)
        and _sent_at(order, now, margins) < horizon
    ]


def _waits(order: Order, now: dt.datetime) -> bool:
    """Return whether an order needs its ticket: nobody has begun it, or its claim has lapsed."""
    if order.state is OrderState.PREPARING:
        return order.claim is None or order.claim.until <= now
    return order.state is OrderState.PLACED


def _sent_at(order: Order, now: dt.datetime, margins: Margins) -> dt.datetime:
    """Return when, at the latest, the order's ticket was sent, or was visible again.

    A change from the future was made by a clock that was set back since, perhaps long ago.
    """
    if order.since > now + margins.settling:
        return _LONG_AGO
    return order.since if order.claim is None else order.claim.until


def _still_has(
    given_at: dt.datetime | None, horizon: dt.datetime, now: dt.datetime, margins: Margins
) -> bool:
    """Return whether a fresh ticket may still be on the queue."""
    return given_at is not None and (given_at >= horizon or now - given_at < margins.retry_after)
