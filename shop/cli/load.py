"""`coffeeshop load`: places many orders at a steady rate, and follows each to its end."""

from __future__ import annotations

import dataclasses
import random
from typing import Annotated

import typer

from shop.cli import terminal
from shop.cli.listing import fields
from shop.cli.options import AsJson, Url
from shop.client.connection import staff_key
from shop.load.generator import Load, run_load
from shop.load.pending_orders import Finished
from shop.load.placements import Refused
from shop.load.report import Percentiles, Report, Step


@terminal.command
async def load(
    url: Url,
    orders: Annotated[int, typer.Option(min=1, help="How many orders to place.")] = 500,
    rate: Annotated[float, typer.Option(min=0.1, help="How many are due in each second.")] = 50,
    concurrency: Annotated[int, typer.Option(min=1, help="Requests under way at most.")] = 64,
    seed: Annotated[
        int | None, typer.Option(help="Order the same things again.", show_default=False)
    ] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds for everything.")] = 600,  # noqa: ASYNC109 - the user's, not the caller's
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """Place many orders at a steady rate and follow each until it is ready.

    Each order has a fixed due time. Its latency counts from then, even if the shop is slow.
    Refused orders (429, 503, no connection) are sent again under the same idempotency key.
    With the staff key, found by itself on this machine, there is no rate limit, and the list of
    orders is checked for duplicates.

    **Examples**

    - `coffeeshop load --orders 500 --rate 50`
    - `coffeeshop load --orders 10000 --rate 200 --seed 7 --json`

    Exits with 0 when every order was taken, once, and became ready.
    """
    chosen = random.randrange(1_000_000) if seed is None else seed  # noqa: S311 - only a seed
    wanted = Load(orders=orders, rate=rate, seed=chosen, concurrency=concurrency, timeout=timeout)
    key = staff_key(url)
    terminal.complain(f"Seed {wanted.seed}, as {'staff' if key else 'a customer'}")
    with terminal.bars() as bars:
        placed = bars.add_task("placed", total=wanted.orders)
        ready = bars.add_task("ready", total=wanted.orders)

        def show(step: Step) -> None:
            if not isinstance(step, Refused):
                bars.advance(ready if isinstance(step, Finished) else placed)

        report = await run_load(wanted, url, key, show)
    if as_json:
        terminal.print_json(dataclasses.asdict(report))
    else:
        terminal.show(fields(_summary(report)))
    return 0 if report.is_clean else terminal.FAILED


def _summary(report: Report) -> dict[str, str]:
    return {
        "Orders": f"{report.orders}",
        "Placed": f"{report.placed}  ({report.rate}/s, {report.retries} sent again)",
        "Ready": f"{report.ready}",
        "Lost": f"{report.lost}",
        "Duplicates": f"{report.duplicates}" + ("" if report.audited else "  (list not seen)"),
        "Errors": ", ".join(f"{n} x {kind}" for kind, n in report.errors.items()) or "0",
        "Placing": _seconds(report.placing_seconds),
        "To ready": _seconds(report.ready_seconds),
    }


def _seconds(of: Percentiles | None) -> str:
    if of is None:
        return "-"
    return f"p50 {of.p50:.3f} s, p95 {of.p95:.3f} s, p99 {of.p99:.3f} s, max {of.max:.3f} s"
