"""`coffeeshop menu`: what there is to order, as `coffeeshop order` wants it written."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from shared.domain.money import display
from shop.cli import terminal
from shop.cli.options import Url
from shop.client.answers import content
from shop.client.connection import connect


@terminal.command
async def menu(url: Url) -> int:
    """Show what there is to order, and for how much."""
    async with connect(url) as http, http.get("menu") as response:
        shown = await content(response)
    table = Table("Item", "Sizes", "Modifiers", box=None, padding=(0, 2, 0, 0))
    cells = (
        (
            item["id"] + (" (sold out)" if item["sold_out"] else ""),
            _priced(item["sizes"], shown["currency"], ""),
            _priced(item["modifiers"], shown["currency"], "+"),
        )
        for item in shown["items"]
    )
    terminal.out().print(terminal.rows(table, cells))
    return 0


def _priced(choices: list[dict[str, Any]], currency: str, sign: str) -> str:
    return "\n".join(f"{sign}{one['id']} {display(one['price'], currency)}" for one in choices)
