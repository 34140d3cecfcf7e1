"""`coffeeshop plan`: what a steady load takes on AWS, in workers, requests and dollars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from shop.cli import terminal
from shop.cli.listing import numbers

if TYPE_CHECKING:
    from shop.scaling.charges import Load
    from shop.scaling.plan import Plan

ACCEPTABLE_WAIT, CONCURRENCY = 60, 4
"""The defaults of COFFEE_ACCEPTABLE_WAIT and COFFEE_WORKER_CONCURRENCY; a test compares them."""


def plan(
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
) -> None:
    """Work out workers, requests and dollars a month for a steady load on AWS.

    It uses the autoscaler's formula, and prints all assumptions.

    **Example**

    - `coffeeshop plan --orders-per-second 500 --prep-seconds 30 --wait 60`
    """
    # These load the services, whose constants they use: half a second, which only this needs.
    from shared.aws.prices import US_EAST_1  # noqa: PLC0415
    from shop.scaling.charges import Load  # noqa: PLC0415
    from shop.scaling.limits import warnings  # noqa: PLC0415
    from shop.scaling.plan import assumptions, plan  # noqa: PLC0415

    load = Load(
        orders_per_second=orders_per_second,
        prep_seconds=prep_seconds,
        acceptable_wait=wait,
        concurrency=concurrency,
        cashiers=cashiers,
    )
    result = plan(load, US_EAST_1)
    terminal.say(*_workers(load, result), "")
    terminal.show(_charges(result, orders_per_second))
    million = result.orders_a_month / 1e6
    terminal.say(f"Requests: ${result.request_dollars / million:.2f} for a million orders", "")
    terminal.say(*(f"Beyond a limit: {line}" for line in warnings(load)))
    terminal.say("Assumptions", *(f" - {line}" for line in assumptions(load, US_EAST_1)))


def _workers(load: Load, result: Plan) -> tuple[str, str]:
    orders = f"{load.orders_per_second:g} orders/s x {load.prep_seconds:g} s"
    each = f"{result.backlog_each:g} per worker, which one finishes in {load.acceptable_wait:g} s"
    return (
        f"{result.workers:,} workers: {orders} / {load.concurrency} at once",
        f"Scaled to a backlog of {each}",
    )


def _charges(result: Plan, rate: float) -> Table:
    rows = [
        (
            f"{charge.service} {charge.what}",
            f"{charge.per_order:.2f}",
            f"{charge.per_order * rate:,.0f}",
            f"{result.dollars(charge):,.0f}",
        )
        for charge in result.charges
    ]
    rows.append(("Fargate workers", "", "", f"{result.workers * result.worker_dollars:,.0f}"))
    rows.append(("Total", "", "", f"{result.total_dollars:,.0f}"))
    return numbers(("", "per order", "per second", "$ a month"), rows)
