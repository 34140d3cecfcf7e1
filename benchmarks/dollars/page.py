"""What the page says of dollars: totals beside the plan's, what each buys, and the bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.dollars.cuts import cuts_table
from benchmarks.dollars.run import Metered
from benchmarks.dollars.shop import CONCURRENCY
from benchmarks.machine import described
from benchmarks.section import Bound
from shared.aws.prices import US_EAST_1
from shop.scaling.charges import Load, Part, charges
from shop.scaling.monthly import SECONDS_A_MONTH, monthly
from shop.scaling.plan import USED

ON_DEMAND, PROVISIONED = US_EAST_1, US_EAST_1.provisioned(USED)

_MOST_ON_DEMAND, _MOST_PROVISIONED, MOST_APART = 6.0, 3.2, 0.05
_BOUND_FILL = 10


def planned(metered: Metered) -> Mapping[Part, float]:
    """Return what `coffeeshop plan` charges for the same, in dollars for a million orders."""
    load = Load(
        orders_per_second=metered.per_second,
        prep_seconds=0,
        acceptable_wait=60,
        concurrency=CONCURRENCY,
        cashiers=1,
        notifiers=metered.scenario.notifiers,
        fill=metered.scenario.fill,
    )
    dollars = dict.fromkeys(Part, 0.0)
    for charge in charges(load, ON_DEMAND):
        dollars[charge.part] += charge.per_order * charge.price
    return dollars


def bounds(found: Sequence[Metered]) -> Sequence[Bound]:
    """Return what is bound: dollars of full batches, and how far the plan may be off."""
    full = next(one for one in found if _is_bound(one))
    return [
        Bound(
            what="dollars for a million orders: on demand",
            figure=of_orders(full.dollars(ON_DEMAND)),
            limit=_MOST_ON_DEMAND,
            unit="$",
        ),
        Bound(
            what="dollars for a million orders: provisioned, 70 % used",
            figure=of_orders(full.dollars(PROVISIONED)),
            limit=_MOST_PROVISIONED,
            unit="$",
        ),
        *(
            Bound(
                what=f"dollars: `coffeeshop plan` is off, {one.scenario}",
                figure=apart(one),
                limit=MOST_APART,
            )
            for one in found
        ),
    ]


def text(found: Sequence[Metered]) -> str:
    """Write the part of the page."""
    full = next(one for one in found if _is_bound(one))
    return f"""
`python -m benchmarks.dollars`, on {described()}: a cashier, a worker and notifiers serve orders of
two lines, placed with an idempotency key and collected, with the DynamoDB store, on an emulator.
Every request between them and AWS is metered off the wire, and priced as AWS does: list prices of
{ON_DEMAND.region}, {ON_DEMAND.as_of}; DynamoDB's units by the sizes of items and the entries in
indexes. Orders come in waves, in step, so that each batch has as many entries as a wave has orders
(f). N is the number of notifiers. Dollars for a million orders:

| f | N | on demand | provisioned, {USED:.0%} used | by `coffeeshop plan` |
| --- | --- | --- | --- | --- |
{_totals(found)}

What each dollar buys, at f = {full.scenario.fill} and N = {full.scenario.notifiers}:

| what | on demand | provisioned | units an order |
| --- | --- | --- | --- |
{_parts(full)}

What is paid by the hour is beside it, whatever the orders are: `coffeeshop plan` has the sums.

The changes after the placing are looked up under their order, too: its customer may have
subscribed a moment ago, and must not miss the next one. That is a consistent read for each, 0.38
dollars, which no other order shares, and which eventually consistent reads or a memory of what was
found before would make unsafe. An order placed with an address for its changes takes one more.

What was cut, without giving up a guarantee: dollars of the part, by the same meter, before and
after. It was 10.39 at f = 10 and N = 1 before all of them.

{cuts_table()}

A worker that makes 100 orders at once in place of four saves another
{_task_dollars(4) - _task_dollars(CONCURRENCY):.2f} of Fargate where an order takes 30 s.
"""


def _task_dollars(concurrency: int) -> float:
    """Return what workers cost for a million orders of 30 s."""
    load = Load(
        orders_per_second=100,
        prep_seconds=30,
        acceptable_wait=60,
        concurrency=concurrency,
        cashiers=1,
    )
    paid = (one.dollars for one in monthly(load, ON_DEMAND) if "workers" in one.what)
    return sum(paid) / (load.orders_per_second * SECONDS_A_MONTH) * 1e6


def _is_bound(metered: Metered) -> bool:
    return (metered.scenario.fill, metered.scenario.notifiers) == (_BOUND_FILL, 1)


def of_orders(dollars: Mapping[Part, float]) -> float:
    """Add up what is paid by the order, not by the hour."""
    return sum(spent for part, spent in dollars.items() if part is not Part.CLOCK)


def apart(metered: Metered) -> float:
    """Return by which part of the metered dollars the plan's differ."""
    counted = of_orders(metered.dollars(ON_DEMAND))
    return abs(of_orders(planned(metered)) - counted) / counted


def _totals(found: Sequence[Metered]) -> str:
    rows = [
        f"| {one.scenario.fill} | {one.scenario.notifiers}"
        f" | {of_orders(one.dollars(ON_DEMAND)):.2f}"
        f" | {of_orders(one.dollars(PROVISIONED)):.2f}"
        f" | {of_orders(planned(one)):.2f} |"
        for one in found
    ]
    return "\n".join(rows)


def _parts(metered: Metered) -> str:
    on_demand, provisioned = metered.dollars(ON_DEMAND), metered.dollars(PROVISIONED)
    rows = [
        f"| {part} | {on_demand.get(part, 0):.3f} | {provisioned.get(part, 0):.3f}"
        f" | {metered.units(part)} |"
        for part in Part
        if part is not Part.CLOCK
    ]
    return "\n".join(rows)
