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

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
