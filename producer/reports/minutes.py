"""What happened in each of the last sixty minutes, out of the times of orders."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shared.domain.order import Order, OrderState

MINUTES = 60
_MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class OrderTimes:
    """When an order was placed, and when it last was prepared, ready and failed, if it was."""

    placed: dt.datetime
    preparing: dt.datetime | None
    ready: dt.datetime | None
    failed: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Spread:
    """Within how many seconds half of the orders were done, and 95 % of them."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """One minute of the clock.

    `wait` is of the orders whose preparation began in it, from their placing; `prep` and `total`
    of those that became ready, from the last claim and from their placing.
    """

    at: dt.datetime
    placed: int
    ready: int
    failed: int
    wait: Spread | None
    prep: Spread | None
    total: Spread | None


@dataclass(slots=True)
class _Tally:
    placed: int = 0
    failed: int = 0
    wait: list[float] = field(default_factory=list)
    prep: list[float] = field(default_factory=list)
    total: list[float] = field(default_factory=list)


def times_of(order: Order) -> OrderTimes:
    """Look up when an order reached its states."""
    return OrderTimes(
        order.placed_at,
        order.reached(OrderState.PREPARING),
        order.reached(OrderState.READY),
        order.reached(OrderState.FAILED),
    )


def spread(seconds: Iterable[float]) -> Spread | None:
    """Return percentiles by the nearest rank; None of nothing."""
    ordered = sorted(seconds)
    if not ordered:
        return None
    half, most = (ordered[math.ceil(share * len(ordered)) - 1] for share in (0.5, 0.95))
    return Spread(round(half, 3), round(most, 3))


def minutes_of(orders: Iterable[OrderTimes], now: dt.datetime) -> Sequence[Minute]:
    """Sum up the sixty minutes until `now`, whose own is the last and not over yet."""
    tallies: defaultdict[dt.datetime, _Tally] = defaultdict(_Tally)
    for order in orders:
        _count(tallies, order)
    last = _minute(now)
    return [
        _summed(last - back * _MINUTE, tallies[last - back * _MINUTE])
        for back in reversed(range(MINUTES))
    ]


def _count(tallies: defaultdict[dt.datetime, _Tally], order: OrderTimes) -> None:
    tallies[_minute(order.placed)].placed += 1
    if order.failed is not None:
        tallies[_minute(order.failed)].failed += 1
    if order.preparing is not None:
        wait = (order.preparing - order.placed).total_seconds()
        tallies[_minute(order.preparing)].wait.append(wait)
    if order.ready is not None:
        tally = tallies[_minute(order.ready)]
        tally.total.append((order.ready - order.placed).total_seconds())
        begun = order.preparing or order.ready
        tally.prep.append((order.ready - begun).total_seconds())


def _summed(at: dt.datetime, tally: _Tally) -> Minute:
    return Minute(
        at=at,
        placed=tally.placed,
        ready=len(tally.total),
        failed=tally.failed,
        wait=spread(tally.wait),
        prep=spread(tally.prep),
        total=spread(tally.total),
    )


def _minute(at: dt.datetime) -> dt.datetime:
    return at.replace(second=0, microsecond=0)
