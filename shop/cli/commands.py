"""All commands of `coffeeshop`, as one application."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from shop.cli.adopt import adopt
from shop.cli.backup import backup, restore
from shop.cli.demo import demo
from shop.cli.dlq import dlq
from shop.cli.forget import forget
from shop.cli.hand_over import cancel, collect, remake
from shop.cli.hours import hours
from shop.cli.keys import changes, keys
from shop.cli.kitchen import complete, kitchen, release
from shop.cli.load import load
from shop.cli.menu import menu
from shop.cli.order import order
from shop.cli.orders import orders
from shop.cli.photos import photos
from shop.cli.plan import plan
from shop.cli.provision import provision
from shop.cli.report import report
from shop.cli.run import run
from shop.cli.scale import scale
from shop.cli.service import service
from shop.cli.settings import settings
from shop.cli.shop_settings import shop
from shop.cli.shop_state import open_, pause, sold_out
from shop.cli.topics import STAFF, topics

app = typer.Typer(
    name="coffeeshop",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (run, order, cancel, load, plan, provision, settings, backup, restore, adopt, demo):
    app.command()(command)
for for_staff in (
    *(orders, kitchen, complete, release, collect, remake),
    *(pause, sold_out, changes, report, forget, scale),
):
    app.command(rich_help_panel=STAFF)(for_staff)
app.command("open", rich_help_panel=STAFF)(open_)
app.add_typer(menu)
app.add_typer(topics)
app.add_typer(dlq)
app.add_typer(service)
app.add_typer(keys)
app.add_typer(photos, rich_help_panel=STAFF)
app.add_typer(hours, rich_help_panel=STAFF)
app.add_typer(shop, rich_help_panel=STAFF)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer passes it so
    if wanted:
        typer.echo(f"coffeeshop {version('coffeeshop')}")
        raise typer.Exit


@app.callback()
def coffeeshop(
    _: Annotated[  # noqa: FBT002 - typer makes it an option
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Run a coffee shop on this machine, or order from one.

    **Examples**, the second in another terminal

    - `coffeeshop run`
    - `coffeeshop order latte --name Ada`

    Exit codes: 0 done; 1 refused or failed; 2 misused; 3 no shop answers; 130 Ctrl-C.
    """
