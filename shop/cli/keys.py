"""`coffeeshop keys` and `changes`: whose keys there are, and who changed what, for managers."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from shared.domain.staff import StaffRole
from shop.cli import terminal
from shop.cli.listing import Entry, listing, local, zone
from shop.cli.options import AsJson, Url
from shop.client.answers import content, require_success
from shop.client.connection import connect_as_staff, path, staff_key

keys = typer.Typer(
    name="keys",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""Give each of the staff a key of their own, and withdraw it. For managers.

    A barista's key is good for what is done at the bar, a manager's for everything. What
    staff change is recorded with the name of the key: see `coffeeshop changes`.

    **Examples**

    - `coffeeshop keys add Ada`
    - `coffeeshop keys withdraw Ada`
    - `coffeeshop keys link`
    """,
)


@keys.command("list")
@terminal.command
async def list_(url: Url, as_json: AsJson = False) -> int:  # noqa: FBT002
    """List the staff keys, the oldest first. The owner's is not among them.

    **Examples**

    - `coffeeshop keys list`
    - `coffeeshop keys list --json | jq -r '.[].name'`
    """
    async with connect_as_staff(url) as http, http.get("staff-keys") as response:
        listed = (await content(response))["keys"]
    if as_json:
        terminal.print_json(listed)
    elif not listed:
        terminal.say("No staff key but the owner's.")
    else:
        heads = ("Role", f"Since ({zone()})", "Name")
        entries = [
            Entry(
                (one["role"], local(one["created_at"]), one["name"]),
                (f"made by {one['created_by']}, id {one['id']}",),
            )
            for one in listed
        ]
        terminal.show(listing(heads, entries))
    return 0


@keys.command()
@terminal.command
async def add(
    url: Url,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is.")],
    role: Annotated[StaffRole, typer.Option(help="What it is good for.")] = StaffRole.BARISTA,
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """Make a staff key. It is shown this once: whoever gets it keeps it.

    Its holder sets COFFEE_STAFF_KEY to it. If it is lost, withdraw it and add another one.

    **Examples**

    - `coffeeshop keys add Ada`
    - `coffeeshop keys add 'Grace, laptop' --role manager`
    - `coffeeshop keys add till --json | jq -r .key`
    """
    body = {"name": name, "role": role}
    async with connect_as_staff(url) as http, http.post("staff-keys", json=body) as response:
        added = await content(response)
    if as_json:
        terminal.print_json(added)
    else:
        terminal.say(f"The {added['role']}'s key of {added['name']}, shown this once:")
        terminal.say(added["key"])
    return 0


@keys.command()
@terminal.command
async def withdraw(
    url: Url,
    key: Annotated[str, typer.Argument(metavar="NAME", help="Its name or its id.")],
) -> int:
    """Withdraw a staff key: within a second it opens nothing any more.

    **Example**

    - `coffeeshop keys withdraw Ada`
    """
    async with connect_as_staff(url) as http:
        async with http.get("staff-keys") as response:
            listed = (await content(response))["keys"]
        found = next((one for one in listed if key in {one["name"], one["id"]}), None)
        if found is None:
            terminal.complain("No staff key has that name or id.")
            return terminal.FAILED
        async with http.delete(path("staff-keys", found["id"])) as response:
            await require_success(response)
    terminal.say(f"The key of {found['name']} is withdrawn.")
    return 0


@keys.command()
@terminal.command
async def link(url: Url) -> int:
    """Print an address that signs a browser in. Who sees it has your key: show it to nobody.

    The key is behind the `#`, which browsers send to no server and the page removes at once.

    **Example**

    - `coffeeshop keys link`
    """
    async with connect_as_staff(url) as http, http.get("staff/session") as response:
        await require_success(response)
    terminal.say(f"{url.rstrip('/')}/staff/sign-in#key={quote(staff_key(url) or '', safe='')}")
    return 0


@terminal.command
async def changes(
    url: Url,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """Show who changed what in the shop, the newest first. For managers.

    Who changed an order is in its own timeline, as `coffeeshop orders --json` lists it.

    **Examples**

    - `coffeeshop changes`
    - `coffeeshop changes --limit 1000 --json | jq '.[] | select(.what == "sold-out")'`
    """
    async with (
        connect_as_staff(url) as http,
        http.get("shop/changes", params={"limit": limit}) as response,
    ):
        listed = (await content(response))["changes"]
    if as_json:
        terminal.print_json(listed)
    elif not listed:
        terminal.say("Nothing was changed.")
    else:
        heads = (f"When ({zone()})", "What", "By")
        entries = [
            Entry((local(one["at"]), one["what"], one["by"]), (one["detail"],)) for one in listed
        ]
        terminal.show(listing(heads, entries))
    return 0
