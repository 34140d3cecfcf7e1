"""`coffeeshop service install`: prints a systemd unit for the shop."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shop.cli import terminal
from shop.client.own_command import own_command

if TYPE_CHECKING:
    from shop.processes.preflight import Settings
    from shop.processes.systemd_unit import ServiceUnit

service = typer.Typer(
    name="service",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""Have systemd open the shop when the machine starts.

    **Example**

    - `coffeeshop service install --user`
    """,
)


@service.callback()
def _group() -> None:
    """Keep `install` a word of its own, though it is the only one."""


@service.command()
def install(
    user: Annotated[  # noqa: FBT002 - typer makes it an option
        bool, typer.Option("--user", help="For your own systemd, which needs no root.")
    ] = False,
) -> None:
    """Print a systemd unit that opens this shop, and how to install it.

    It runs this Python with the settings that are set here, but for secrets. The orders stay in
    $COFFEE_STATE_DIR, or in the folder var here if a shop has been open in it; otherwise systemd
    makes a folder for them.

    **Examples**

    - `coffeeshop service install | sudo tee /etc/systemd/system/coffeeshop.service`
    - `coffeeshop service install --user`
    """
    # Loading the services takes time that other commands need not spend.
    from shared.runtime.startup import StartupError  # noqa: PLC0415
    from shop.processes.preflight import read_all_settings  # noqa: PLC0415

    try:
        unit = _unit(read_all_settings(), for_user=user)
    except StartupError as error:
        terminal.complain(*error.lines)
        raise typer.Exit(terminal.MISUSED) from error
    terminal.complain(*unit.warnings())
    typer.echo(unit.text(), nl=False)


def _unit(settings: Settings, *, for_user: bool) -> ServiceUnit:
    from shop.processes.preflight import KINDS, OF_PARENTS  # noqa: PLC0415 - as above
    from shop.processes.systemd_unit import ServiceUnit  # noqa: PLC0415

    shop = settings.shop
    fields = {
        f"COFFEE_{name.upper()}": info
        for kind in KINDS
        for name, info in kind.model_fields.items()
        if name not in OF_PARENTS
    }
    given = {name: value for name, value in sorted(os.environ.items()) if value and name in fields}
    here = "COFFEE_STATE_DIR" in given or shop.sqlite_path.exists()
    given.pop("COFFEE_STATE_DIR", None)
    state_dir = shop.state_dir.absolute()
    secrets = tuple(name for name in given if not fields[name].repr)
    return ServiceUnit(
        command=own_command("service", "install"),
        python=Path(sys.executable),
        folder=Path.cwd(),
        state_dir=state_dir if here else None,
        state_dir_exists=os.path.isdir(state_dir),  # noqa: PTH112 - no error for a private folder
        user=None if for_user else os.environ.get("SUDO_USER") or getpass.getuser(),
        port=shop.port,
        grace_seconds=shop.grace_seconds,
        settings={name: value for name, value in given.items() if name not in secrets},
        secrets=secrets,
    )
