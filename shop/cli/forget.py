"""`coffeeshop forget`: erases what the shop has of a customer, for managers."""

from __future__ import annotations

from typing import Annotated

import typer

from shop.cli import terminal
from shop.cli.options import AsJson, Url
from shop.client.connection import connect_as_staff
from shop.client.forgetting import Forgetting, Found
from shop.client.order_numbers import NUMBER

_ONE = {
    "orders": "order",
    "subscriptions": "subscription",
    "deliveries": "delivery",
    "dead_letters": "dead letter",
    "mails": "mail",
}


@terminal.command
async def forget(
    url: Url,
    address: Annotated[
        str | None, typer.Option(help="A mailbox, in any spelling.", show_default=False)
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The name on the orders.", show_default=False)
    ] = None,
    order: Annotated[
        str | None,
        typer.Option(help="An order's id, or today's number, as in 042.", show_default=False),
    ] = None,
    dry_run: Annotated[  # noqa: FBT002
        bool, typer.Option("--dry-run", help="Show what there is, and change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """Erase what the shop has of a customer. For managers.

    Names and notes leave the orders; numbers, prices and states stay for the books, and open
    orders are prepared. Subscriptions end; addresses, deliveries, mail in the folder are deleted.

    **Examples**

    - `coffeeshop forget --address ada@guests.example --dry-run`
    - `coffeeshop forget --name Ada`
    - `coffeeshop forget --order 042 --yes --json`
    """
    whose = _whose(address, name, order)
    if len(whose) != 1:
        raise typer.BadParameter("give one of --address, --name and --order")
    async with connect_as_staff(url) as http:
        customer = Forgetting(http, whose)
        found = await customer.forget(dry_run=True)
        if not as_json:
            terminal.say(_summary(found))
        if not dry_run:
            # Even if nothing is found: an earlier call may have been cut off.
            if not (yes or found.is_nothing or typer.confirm("Erase it for good?", err=as_json)):
                return terminal.FAILED
            found = await customer.forget(dry_run=False)
    if as_json:
        terminal.print_json({"orders": found.orders, **found.counts, "dry_run": dry_run})
    elif not (dry_run or found.is_nothing):
        terminal.say("Erased.")
    return 0


def _whose(address: str | None, name: str | None, order: str | None) -> dict[str, str | int]:
    if order is not None and NUMBER.fullmatch(order):
        return {"number": int(order)}
    given = {"address": address, "name": name, "order_id": order}
    return {key: value for key, value in given.items() if value is not None}


def _summary(found: Found) -> str:
    if found.is_nothing:
        return "Nothing found."
    counts = {"orders": len(found.orders), **found.counts}
    return "Found: " + ", ".join(
        f"{count} {_ONE[what] if count == 1 else what.replace('_', ' ')}"
        for what, count in counts.items()
        if count
    )
