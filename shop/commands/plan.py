"""`coffeeshop plan`: what a steady load takes on AWS, in workers, requests and dollars."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from shop.commands import terminal
from shop.scaling.charges import Load
from shop.scaling.limits import warnings
from shop.scaling.plan import Plan, assumptions
from shop.scaling.plan import plan as make_plan
from shop.scaling.prices import US_EAST_1


def plan(
    orders_per_second: Annotated[float, typer.Option(min=0.001, help="Steadily.")],
    prep_seconds: Annotated[float, typer.Option(min=0.001, help="That one order takes.")],
    wait: Annotated[float, typer.Option(min=0.1, help="Seconds that are acceptable.")] = 60,
    concurrency: Annotated[
        int, typer.Option(min=1, max=1000, help="Orders that one barista prepares at once.")
    ] = 4,
    cashiers: Annotated[int, typer.Option(min=1, help="Processes that take the orders.")] = 2,
) -> None:
    """Work out workers, requests and dollars a month for a steady load on AWS.

    By the formula that the autoscaler goes by. All that is taken for granted is printed.

    **Example**

    - `coffeeshop plan --orders-per-second 500 --prep-seconds 30 --wait 60`
    """
    load = Load(orders_per_second, prep_seconds, wait, concurrency, cashiers)
    made = make_plan(load, US_EAST_1)
    console = terminal.out()
    console.print(_workers(load, made))
    console.print(_charges(made, orders_per_second))
    for line in warnings(load):
        console.print(f"Beyond a limit: {line}")
    console.print("Assumptions")
    for line in assumptions(load, US_EAST_1):
        console.print(f" - {line}")


def _workers(load: Load, made: Plan) -> str:
    return (
        f"{made.workers:,} workers: {load.orders_per_second:g} orders/s x {load.prep_seconds:g} s"
        f" / {load.concurrency} at once\n"
        f"Scaled to a backlog of {made.backlog_each:g} per worker, which one finishes in"
        f" {load.acceptable_wait:g} s\n"
    )


def _charges(made: Plan, rate: float) -> Table:
    table = Table("", "", box=None)
    for title in ("per order", "per second", "$ a month"):
        table.add_column(title, justify="right")
    for charge in made.charges:
        table.add_row(
            charge.service,
            charge.what,
            f"{charge.per_order:.2f}",
            f"{charge.per_order * rate:,.0f}",
            f"{made.dollars(charge):,.0f}",
        )
    table.add_row("Fargate", "workers", "", "", f"{made.workers * made.worker_dollars:,.0f}")
    table.add_row("Total", "", "", "", f"{made.total_dollars:,.0f}", style="bold")
    million = made.orders_a_month / 1e6
    table.add_row("", f"of which requests: ${made.request_dollars / million:.2f} a million orders")
    return table
