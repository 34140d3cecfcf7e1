"""`coffeeshop demo`: a made-up day in this machine's shop."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from shop.cli import terminal
from shop.client.own_command import own_command

if TYPE_CHECKING:
    from shared.domain.order import Order

_MOST = 5000


def demo(
    orders: Annotated[int, typer.Option(min=1, max=_MOST, help="How many orders.")] = 200,
    hours: Annotated[int, typer.Option(min=1, max=24, help="Over how many hours until now.")] = 10,
    seed: Annotated[int, typer.Option(help="The same one gives the same orders.")] = 1,
    yes: Annotated[  # noqa: FBT002
        bool, typer.Option("--yes", "-y", help="Also where there are orders already.")
    ] = False,
) -> None:
    """Fill the shop in $COFFEE_STATE_DIR with a made-up day, to look at reports and boards.

    The orders were placed over the last hours, as the opening hours allow: most were collected,
    some canceled, remade or left; the last ones wait, and are prepared. It may be open or closed.

    **Examples**

    - `coffeeshop demo`
    - `COFFEE_STATE_DIR=/tmp/demo coffeeshop demo --orders 500 --seed 7`
    """
    # Loading the cashier's parts takes time that other commands need not spend.
    from shared.runtime.startup import StartupError  # noqa: PLC0415
    from shared.store.contract import StoreUnavailableError  # noqa: PLC0415
    from shop.demo.seeding import AllSoldOutError, HasOrdersError  # noqa: PLC0415

    try:
        placed = _seeded(orders, dt.timedelta(hours=hours), seed, force=yes)
    except HasOrdersError as error:
        terminal.complain(
            "The shop has orders, and made-up ones would be in its books. Name another folder with "
            "COFFEE_STATE_DIR, or add --yes."
        )
        raise typer.Exit(terminal.FAILED) from error
    except AllSoldOutError as error:
        terminal.complain("Nothing was made up: everything is sold out.")
        raise typer.Exit(terminal.FAILED) from error
    except StartupError as error:
        terminal.complain(*error.lines)
        raise typer.Exit(terminal.MISUSED) from error
    except StoreUnavailableError as error:
        terminal.complain(str(error))
        raise typer.Exit(terminal.FAILED) from error
    if not placed:
        terminal.complain("Nothing was made up: in those hours the shop was closed.")
        raise typer.Exit(terminal.FAILED)
    terminal.say(*_said(placed))


def _seeded(orders: int, length: dt.timedelta, seed: int, *, force: bool) -> Sequence[Order]:
    from producer.settings import CashierSettings  # noqa: PLC0415 - as above
    from shared.runtime.logging import configure_logging  # noqa: PLC0415
    from shared.runtime.settings import StoreKind  # noqa: PLC0415
    from shared.runtime.startup import StartupError, read_settings  # noqa: PLC0415
    from shop.demo.seeding import seed_day  # noqa: PLC0415

    settings = read_settings(CashierSettings)
    if settings.store is not StoreKind.SQLITE:
        raise StartupError("A made-up day needs COFFEE_STORE=sqlite.")
    configure_logging("demo", settings.log_format, "WARNING", settings.log_buffer_kib)
    return asyncio.run(seed_day(settings, orders, length, seed, force=force))


def _said(placed: Sequence[Order]) -> Iterator[str]:
    states = Counter(order.state for order in placed)
    listed = ", ".join(f"{count} {state}" for state, count in states.most_common())
    remakes = sum(order.remake_of is not None for order in placed)
    yield f"Made up {len(placed)} orders: {listed}; {remakes} of them remakes."
    begins, ends = (order.placed_at.astimezone() for order in (placed[0], placed[-1]))
    yield f"They were placed from {begins:%d %b %H:%M} to {ends:%d %b %H:%M}."
    days = sorted({order.business_day for order in placed if order.business_day is not None})
    for day in days:
        yield f"  {own_command('report', '--date', str(day))}"
