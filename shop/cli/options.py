"""Options of several commands."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from shop.client.connection import default_url

Url: TypeAlias = Annotated[
    str,
    typer.Option(
        "--url",
        envvar="COFFEE_URL",
        default_factory=default_url,
        show_default="http://127.0.0.1:$COFFEE_PORT",
        help="Where the shop is.",
    ),
]

OrderName: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="ORDER", help="Its number on the board, as in 042, or its id.", show_default=False
    ),
]

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]


def shown_alone(context: typer.Context) -> bool:
    """Tell whether a group of commands was called without one of them.

    Raises typer.BadParameter when options stand before the command, which would not see them.
    """
    for name in context.params:
        source = context.get_parameter_source(name)
        if context.invoked_subcommand and source is not None and source.name == "COMMANDLINE":
            raise typer.BadParameter(f"options stand after `{context.invoked_subcommand}`")
    return context.invoked_subcommand is None
