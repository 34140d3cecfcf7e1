"""What `coffeeshop plan` prints: workers, charges, limits that are exceeded, assumptions."""

from __future__ import annotations

from rich.table import Table

from shop.cli import terminal
from shop.scaling.charges import Load
from shop.scaling.limits import warnings
from shop.scaling.plan import Plan, assumptions, plan
from shop.scaling.prices import US_EAST_1


def show(load: Load) -> None:
    """Print the plan for a load, at the prices of us-east-1."""
    made = plan(load, US_EAST_1)
    console = terminal.out()
    console.print(_workers(load, made))
    console.print(_charges(made, load.orders_per_second))
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
