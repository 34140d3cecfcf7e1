"""Sums up a load: counts, and percentiles over every single order."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from shop.load.pending_orders import Finished
from shop.load.placements import Acknowledged, Refused

Step: TypeAlias = Acknowledged | Refused | Finished
"""What can happen to an order during a load."""


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Seconds within which half, 95 % and 99 % of the orders were done, and all of them."""

    p50: float
    p95: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a load. Lost orders were acknowledged and never became ready.

    `duplicates` are orders with two keys and, if the shop's list was `audited`, keys with two
    orders. `rate` is acknowledged orders per second.
    """

    orders: int
    placed: int
    ready: int
    lost: int
    duplicates: int
    audited: bool
    retries: int
    errors: dict[str, int]
    rate: float
    placing_seconds: Percentiles | None
    ready_seconds: Percentiles | None

    @property
    def is_clean(self) -> bool:
        """Whether every order was taken, once, and became ready."""
        return not (self.lost or self.errors or self.duplicates)


ANNOUNCED_FAILURES = frozenset({"canceled", "failed"})
"""Ends without success that are announced to the customer, so that the order is not lost."""


def report(steps: Sequence[Step], orders: int, stored_twice: int | None) -> Report:
    """Sum up the steps of a load of `orders` orders; `stored_twice` is None without an audit."""
    acknowledged = [step for step in steps if isinstance(step, Acknowledged)]
    refused = [step for step in steps if isinstance(step, Refused)]
    finished = [step for step in steps if isinstance(step, Finished)]
    ready = [end.ready_seconds for end in finished if end.ready_seconds is not None]
    failed = Counter(f"order {end.state}" for end in finished if end.state in ANNOUNCED_FAILURES)
    errors = Counter(refusal.kind for refusal in refused) + failed
    if unsent := orders - len(acknowledged) - len(refused):
        errors["not placed in time"] = unsent
    last = max((placed.at for placed in acknowledged), default=0.0)
    placed = len({placed.order_id for placed in acknowledged})
    return Report(
        orders=orders,
        placed=placed,
        ready=len(ready),
        lost=placed - len(ready) - failed.total(),
        duplicates=len(acknowledged) - placed + (stored_twice or 0),
        audited=stored_twice is not None,
        retries=sum(placed.retries for placed in acknowledged),
        errors=dict(errors),
        rate=round(len(acknowledged) / last, 1) if last else 0.0,
        placing_seconds=percentiles([placed.seconds for placed in acknowledged]),
        ready_seconds=percentiles(ready),
    )


def percentiles(seconds: Sequence[float]) -> Percentiles | None:
    """Return percentiles of all the values, to the millisecond; None without values."""
    if not seconds:
        return None
    cuts = statistics.quantiles([*seconds] * (1 + (len(seconds) == 1)), n=100, method="inclusive")
    return Percentiles(*(round(value, 3) for value in (cuts[49], cuts[94], cuts[98], max(seconds))))
