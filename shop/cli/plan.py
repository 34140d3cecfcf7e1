"""`coffeeshop plan`: what a steady load takes on AWS, in workers, requests and dollars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from shop.cli import terminal
from shop.cli.listing import numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shop.scaling.charges import Load
    from shop.scaling.limits import Limit
    from shop.scaling.plan import Plan

ACCEPTABLE_WAIT, CONCURRENCY = 60, 100
"""The defaults of COFFEE_ACCEPTABLE_WAIT, and of workers on AWS; a test compares them."""

_SHOWN_BEYOND = 2
"""How many limits are shown that the load keeps to: those that are met next."""


def plan(  # noqa: PLR0913 - options of the command line
    *,
    orders_per_second: Annotated[
        float, typer.Option(min=0.001, help="Orders per second, steadily.")
    ],
    prep_seconds: Annotated[
        float, typer.Option(min=0.001, help="Seconds of preparation per order.")
    ],
    wait: Annotated[
        float, typer.Option(min=0.1, help="Acceptable wait, in seconds.")
    ] = ACCEPTABLE_WAIT,
    concurrency: Annotated[
        int, typer.Option(min=1, max=1000, help="Orders that one barista prepares at once.")
    ] = CONCURRENCY,
    cashiers: Annotated[int, typer.Option(min=1, help="Processes that take the orders.")] = 2,
    notifiers: Annotated[
        int, typer.Option(min=1, help="Processes that tell of them, each of all.")
    ] = 2,
    fill: Annotated[
        float | None,
        typer.Option(min=1, max=10, help="Entries in a batch; follows from the rate otherwise."),
    ] = None,
    region: Annotated[str, typer.Option(help="Where AWS's quotas are looked up.")] = "us-east-1",
) -> None:
    """Work out workers, requests and dollars a month for a steady load on AWS.

    It uses the autoscaler's formula, and prints all assumptions.

    **Example**

    - `coffeeshop plan --orders-per-second 500 --prep-seconds 30 --wait 60`
    """
    # These load the services, whose constants they use: half a second, which only this needs.
    from shared.aws.prices import US_EAST_1  # noqa: PLC0415
    from shop.scaling.charges import Load  # noqa: PLC0415
    from shop.scaling.limits import limits  # noqa: PLC0415
    from shop.scaling.plan import assumptions, plan  # noqa: PLC0415

    load = Load(
        orders_per_second=orders_per_second,
        prep_seconds=prep_seconds,
        acceptable_wait=wait,
        concurrency=concurrency,
        cashiers=cashiers,
        notifiers=notifiers,
        fill=fill,
    )
    result = plan(load, US_EAST_1)
    terminal.say(*_workers(load, result), "")
    terminal.show(_charges(result))
    terminal.say(*_for_a_million(result), "")
    terminal.say(*_limits(limits(load, region), orders_per_second), "")
    terminal.say("Assumptions", *(f" - {line}" for line in assumptions(load, US_EAST_1)))


def _workers(load: Load, result: Plan) -> tuple[str, str]:
    orders = f"{load.orders_per_second:g} orders/s x {load.prep_seconds:g} s"
    each = f"{result.backlog_each:g} per worker, which one finishes in {load.acceptable_wait:g} s"
    return (
        f"{result.workers:,} workers: {orders} / {load.concurrency} at once",
        f"Scaled to a backlog of {each}",
    )


def _charges(result: Plan) -> Table:
    rows = [
        (
            f"{charge.service} {charge.what}",
            f"{charge.per_order:.2f}",
            f"{result.dollars(charge):,.0f}",
            f"{result.dollars(other):,.0f}",
        )
        for charge, other in zip(result.charges, result.provisioned, strict=True)
    ]
    rows += [(one.what, "", f"{one.dollars:,.0f}", f"{one.dollars:,.0f}") for one in result.monthly]
    total, provisioned = result.total(result.charges), result.total(result.provisioned)
    rows.append(("Total", "", f"{total:,.0f}", f"{provisioned:,.0f}"))
    return numbers(("$ a month", "an order", "on demand", "provisioned"), rows)


def _for_a_million(result: Plan) -> tuple[str, str]:
    million = result.orders_a_month / 1e6
    on_demand, provisioned = (
        result.dollars(*charges) / million for charges in (result.charges, result.provisioned)
    )
    total = result.total(result.charges) / million
    return (
        f"Requests of a million orders: ${on_demand:.2f}, ${provisioned:.2f} provisioned",
        f"All of a million orders: ${total:.2f}",
    )


def _limits(found: Sequence[Limit], rate: float) -> list[str]:
    beyond = [limit for limit in found if limit.orders_per_second < rate]
    coming = found[len(beyond) : len(beyond) + _SHOWN_BEYOND]
    return [
        *(f"Beyond a limit: {_told(limit)}" for limit in beyond),
        *(f"Met next: {_told(limit)}" for limit in coming),
    ]


def _told(limit: Limit) -> str:
    return f"{limit.orders_per_second:,.0f} orders/s: {limit.what}: {limit.then}."
