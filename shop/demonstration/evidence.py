"""What the order store says of a load: each order is there, and was ready once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence

from shared.domain.order import Order, OrderState
from shared.store.contract import OrderStore
from shop.scaling.control_messages import Evidence

_PAGE = 500
_CLOSED_OTHERWISE = frozenset({OrderState.CANCELED, OrderState.FAILED})


async def read_evidence(
    store: OrderStore, acknowledged: Collection[str], since: dt.datetime
) -> Evidence:
    """Read the orders, and all that were placed since; raises StoreUnavailableError."""
    known = [*acknowledged]
    found: list[Order] = []
    for at in range(0, len(known), _PAGE):
        found += await store.orders_by_id(known[at : at + _PAGE])
    names = Counter[str]()
    last: Order | None = None
    until = since + dt.timedelta(days=1)
    while page := await store.orders_placed(since, until, _PAGE, last):
        names.update(order.customer_name for order in page)
        last = page[-1]
    return evidence(len(known), found, names)


def evidence(acknowledged: int, found: Sequence[Order], names: Counter[str]) -> Evidence:
    """Count; `names` says how many orders each customer has, of this load and of others."""
    times_ready = [_times_ready(order) for order in found]
    otherwise = [
        order for order in found if not _times_ready(order) and order.state in _CLOSED_OTHERWISE
    ]
    ready = sum(times > 0 for times in times_ready)
    return Evidence(
        acknowledged=acknowledged,
        found=len(found),
        ready_once=sum(times == 1 for times in times_ready),
        ready_again=sum(times > 1 for times in times_ready),
        closed_otherwise=len(otherwise),
        lost=acknowledged - ready - len(otherwise),
        twice=sum(names[order.customer_name] > 1 for order in found),
        taken_over=sum(order.attempt > 1 for order in found),
    )


def _times_ready(order: Order) -> int:
    return sum(entry.state is OrderState.READY for entry in order.timeline)
