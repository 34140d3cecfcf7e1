"""`coffeeshop menu`: what there is to order, as `coffeeshop order` wants it written."""

from __future__ import annotations

from typing import Any

from shared.domain.money import display
from shop.cli import terminal
from shop.cli.listing import Entry, listing
from shop.cli.options import AsJson, Url
from shop.client.answers import Json, content
from shop.client.connection import connect


@terminal.command
async def menu(url: Url, as_json: AsJson = False) -> int:  # noqa: FBT002
    """Show what there is to order, and for how much.

    An order is written `ITEM:SIZE+MODIFIER`, with the words of the menu.

    **Examples**

    - `coffeeshop menu`
    - `coffeeshop menu --json | jq -r '.items[].id'`
    """
    async with connect(url) as http, http.get("menu") as response:
        shown = await content(response)
    if as_json:
        terminal.print_json(shown)
    else:
        entries = [_entry(item, shown["currency"]) for item in shown["items"]]
        terminal.show(listing(("Item", "Name"), entries))
    return 0


def _entry(item: Json, currency: str) -> Entry:
    name = item["name"] + (" (sold out)" if item["sold_out"] else "")
    choices = (_priced(item["sizes"], currency, ":"), _priced(item["modifiers"], currency, "+"))
    return Entry((item["id"], name), [line for line in choices if line])


def _priced(choices: list[dict[str, Any]], currency: str, sign: str) -> str:
    return ", ".join(f"{sign}{one['id']} {display(one['price'], currency)}" for one in choices)
