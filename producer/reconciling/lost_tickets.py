"""Which orders have lost their tickets, told from what is known of the line. Pure decisions.

A queue cannot be searched. But whoever knows that every ticket sent before some time has been
received, knows of each older order that still waits that its ticket is gone. That time is the
horizon. It is moved on by a queue that was found empty, and by how far down the line the baristas
have come.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.domain.order import Order, OrderState

_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Margins:
    """How careful to be.

    `settling` is how long it may take from an order's change until its ticket is counted by the
    queue, and how far clocks may be apart. `disorder` is by how much tickets may overtake one
    another. `patience` is how long a fresh ticket has before the order is given another.
    """

    settling: dt.timedelta
    disorder: dt.timedelta
    patience: dt.timedelta


def horizon(
    empty_at: dt.datetime | None, heads: Iterable[dt.datetime], now: dt.datetime, margins: Margins
) -> dt.datetime | None:
    """Find the time before which no change was made whose ticket is still on the queue, if any.

    `empty_at` is when the queue was last found empty. `heads` are when the newest tickets were
    sent that baristas have received. Times from the future are of a clock that is wrong or was
    set back, ours or the queue's, and prove nothing.
    """
    latest = now + margins.settling
    passed = [head - margins.disorder for head in heads if head <= latest]
    if empty_at is not None and empty_at <= latest:
        passed.append(empty_at)
    return max(passed) - margins.settling if passed else None


def lost_tickets(
    orders: Iterable[Order],
    horizon: dt.datetime,
    fresh: Mapping[str, dt.datetime],
    now: dt.datetime,
    margins: Margins,
) -> list[Order]:
    """Pick the orders whose ticket is gone: those that wait for one from beyond the horizon.

    `fresh` tells by order id when an order was given a fresh ticket.
    """
    return [
        order
        for order in orders
        if _waits(order, now)
        and not _was_given_one(order, horizon, fresh, now, margins)
        and _sent_at(order, now, margins) < horizon
    ]


def _waits(order: Order, now: dt.datetime) -> bool:
    """Tell whether an order needs its ticket: nobody has begun it, or whoever did is gone."""
    if order.state is OrderState.PREPARING:
        return order.claim is None or order.claim.until <= now
    return order.state is OrderState.PLACED


def _sent_at(order: Order, now: dt.datetime, margins: Margins) -> dt.datetime:
    """Say when, at the latest, the order's ticket was sent, or was visible again.

    A change from the future was made by a clock that has been set back since: long ago, perhaps.
    """
    if order.since > now + margins.settling:
        return _LONG_AGO
    return order.since if order.claim is None else order.claim.until


def _was_given_one(
    order: Order,
    horizon: dt.datetime,
    fresh: Mapping[str, dt.datetime],
    now: dt.datetime,
    margins: Margins,
) -> bool:
    given_at = fresh.get(order.id)
    return given_at is not None and (given_at >= horizon or now - given_at < margins.patience)
