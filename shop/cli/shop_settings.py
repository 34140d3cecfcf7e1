"""`coffeeshop shop`: what the owner sets for the whole shop while it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from shop.cli import terminal
from shop.cli.listing import fields
from shop.cli.options import AsJson, Url, shown_alone
from shop.cli.shop_state import described
from shop.client.answers import Json, content
from shop.client.connection import connect_as_staff
from shop.client.documents import change_document

shop = typer.Typer(name="shop", invoke_without_command=True, rich_markup_mode="markdown")

_WHERE = "shop/settings"
_DAY = 24 * 60


@shop.callback()
def show(context: typer.Context, url: Url, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Show whether the shop takes orders, and what its owner has set. For staff.

    What is set where the shop is started stands in `coffeeshop settings`.

    **Examples**

    - `coffeeshop shop`
    - `coffeeshop shop --json | jq -r .settings.name`
    - `coffeeshop shop set --name 'Café Zoë'`
    """
    if shown_alone(context):
        raise typer.Exit(terminal.run_at(url, _show(url, as_json=as_json)))


@shop.command("set")
@terminal.command
async def set_(  # noqa: PLR0913 - one option for each setting
    url: Url,
    *,
    name: Annotated[str | None, typer.Option(help="Its name.", show_default=False)] = None,
    address: Annotated[str | None, typer.Option(help="Where it is.", show_default=False)] = None,
    language: Annotated[
        list[str] | None,
        typer.Option(help="en or de; again for the second.", show_default=False),
    ] = None,
    cancel_reason: Annotated[
        list[str] | None,
        typer.Option(help="Why staff cancel; again for each.", show_default=False),
    ] = None,
    ready_minutes: Annotated[
        int | None,
        typer.Option(min=1, max=_DAY, help="Time on the board once ready.", show_default=False),
    ] = None,
    warn_minutes: Annotated[
        int | None,
        typer.Option(min=1, max=_DAY, help="Age at which an order is old.", show_default=False),
    ] = None,
    late_minutes: Annotated[
        int | None,
        typer.Option(min=1, max=_DAY, help="Age at which it is too old.", show_default=False),
    ] = None,
) -> int:
    """Change what is named; all processes follow within a second. For managers.

    **Examples**

    - `coffeeshop shop set --name 'Café Zoë' --language de`
    - `coffeeshop shop set --cancel-reason 'Sold out' --cancel-reason 'Not collected'`
    """
    wanted = {
        "name": name,
        "address": address,
        "languages": language,
        "cancel_reasons": cancel_reason,
        "ready_shown_minutes": ready_minutes,
        "kitchen_warn_minutes": warn_minutes,
        "kitchen_late_minutes": late_minutes,
    }
    wanted = {setting: value for setting, value in wanted.items() if value is not None}
    if not wanted:
        raise typer.BadParameter("name what to change, as in --name 'Café Zoë'")
    async with connect_as_staff(url) as http:
        _print(await change_document(http, _WHERE, lambda before: {**before, **wanted}))
    return 0


async def _show(url: str, *, as_json: bool) -> int:
    async with connect_as_staff(url) as http:
        async with http.get("shop") as response:
            state = await content(response)
        async with http.get(_WHERE) as response:
            settings = await content(response)
    if as_json:
        terminal.print_json({"shop": state, "settings": settings})
    else:
        terminal.say(described(state))
        _print(settings)
    return 0


def _print(settings: Json) -> None:
    terminal.show(
        fields(
            {
                "Name": settings["name"],
                "Address": ", ".join(settings["address"].splitlines()) or "-",
                "Languages": ", ".join(settings["languages"]),
                "Cancel reasons": "; ".join(settings["cancel_reasons"]) or "-",
                "On the board": f"{settings['ready_shown_minutes']} min, once ready",
                "In the kitchen": f"old after {settings['kitchen_warn_minutes']} min, "
                f"too old after {settings['kitchen_late_minutes']} min",
            }
        )
    )
