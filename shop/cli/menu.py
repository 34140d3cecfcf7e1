"""`coffeeshop menu`: what there is to order, and for staff its versions."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from aiohttp import hdrs

from shared.domain.money import display
from shop.cli import terminal
from shop.cli.listing import Entry, listing, local
from shop.cli.menu_editing import edit
from shop.cli.menu_files import export, import_
from shop.cli.options import AsJson, Url, shown_alone
from shop.client.answers import Json, content, require_success
from shop.client.connection import connect, connect_as_staff, path

menu = typer.Typer(name="menu", invoke_without_command=True, rich_markup_mode="markdown")


@menu.callback()
def show(context: typer.Context, url: Url, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Show what there is to order, and for how much. Staff change it by the commands below.

    An order is written `ITEM:SIZE+MODIFIER`, with the words of the menu.

    **Examples**

    - `coffeeshop menu`
    - `coffeeshop menu --json | jq -r '.items[].id'`
    - `coffeeshop menu edit`
    """
    if shown_alone(context):
        raise typer.Exit(terminal.run_at(url, _show(url, as_json=as_json)))


async def _show(url: str, *, as_json: bool) -> int:
    async with connect(url) as http, http.get("menu") as response:
        shown = await content(response)
    if as_json:
        terminal.print_json(shown)
    else:
        entries = [_entry(item, shown["currency"]) for item in shown["items"]]
        terminal.show(listing(("Item", "Name"), entries))
    return 0


@menu.command()
@terminal.command
async def versions(
    url: Url,
    limit: Annotated[int, typer.Option(min=1, max=20, help="How many at most.")] = 20,
    before: Annotated[
        int | None, typer.Option(min=1, help="Only those before this one.", show_default=False)
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """List who changed what in the menu, the newest first. For staff.

    **Examples**

    - `coffeeshop menu versions --limit 5`
    - `coffeeshop menu versions --json | jq -r '.[].changes'`
    """
    query = {"limit": limit} | ({} if before is None else {"before": before})
    async with (
        connect_as_staff(url) as http,
        http.get(path("menu", "versions"), params=query) as response,
    ):
        listed = (await content(response))["versions"]
    if as_json:
        terminal.print_json(listed)
        return 0
    entries = [
        Entry((str(one["version"]), local(one["at"]), one["by"]), (one["changes"],))
        for one in listed
    ]
    terminal.show(listing(("Version", "Made", "By"), entries))
    return 0


@menu.command()
@terminal.command
async def restore(
    url: Url, version: Annotated[int, typer.Argument(metavar="VERSION", min=1)]
) -> int:
    """Make the menu what it was in an old version. For managers.

    **Example**

    - `coffeeshop menu restore 3`
    """
    restoring = path("menu", "versions", str(version), "restore")
    async with connect_as_staff(url) as http, http.post(restoring) as response:
        await require_success(response)
        newest = response.headers[hdrs.ETAG].strip('"')
    terminal.say(f"The menu is what it was in version {version}; this is version {newest}.")
    return 0


for command in (edit, export):
    menu.command()(command)
menu.command("import")(import_)


def _entry(item: Json, currency: str) -> Entry:
    name = item["name"] + (" (sold out)" if item["sold_out"] else "")
    details = (
        _priced(item["sizes"], currency, ":"),
        _priced(item["modifiers"], currency, "+"),
        _said("contains", item["allergens"]),
        _said("may contain", item["may_contain"]),
        item["notes"],
    )
    return Entry((item["id"], name), [line for line in details if line])


def _priced(choices: list[dict[str, Any]], currency: str, sign: str) -> str:
    return ", ".join(_choice(one, currency, sign) for one in choices)


def _choice(one: Json, currency: str, sign: str) -> str:
    remarks = [
        *(["sold out"] if one["sold_out"] else []),
        *one.get("allergens", []),
        _said("in place of", one.get("replaces", [])),
        _said("may contain", one.get("may_contain", [])),
    ]
    remark = f" ({', '.join(filter(None, remarks))})" if any(remarks) else ""
    return f"{sign}{one['id']} {display(one['price'], currency)}{remark}"


def _said(what: str, allergens: list[str]) -> str:
    return f"{what} {', '.join(allergens)}" if allergens else ""
