"""`coffeeshop photos`: the photos of menu items, for staff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import DownloadColumn

from shared.domain.photo import LARGEST_UPLOAD
from shop.cli import terminal
from shop.cli.listing import Entry, listing
from shop.cli.options import AsJson, Url
from shop.client.answers import Json, content
from shop.client.connection import connect_as_staff, path
from shop.client.own_command import own_command
from shop.client.photos import looked_at, upload

photos = typer.Typer(
    name="photos",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""Show photos of the items on the menu. For staff.

    A photo is turned upright, made smaller, and freed of what else is in the file: where it
    was taken, and by which phone.

    **Examples**

    - `coffeeshop photos upload latte latte.jpg`
    - `coffeeshop photos list`
    """,
)

_Item = Annotated[str, typer.Argument(metavar="ITEM", help="An item, as `coffeeshop menu` has it.")]


@photos.command("list")
@terminal.command
async def list_(url: Url, as_json: AsJson = False) -> int:  # noqa: FBT002
    """List the photos, and what is seen in them: the same picture twice, for one.

    **Examples**

    - `coffeeshop photos list`
    - `coffeeshop photos list --json | jq -r '.[] | select(.needs_consent).item_id'`
    """
    async with connect_as_staff(url) as http, http.get("menu/photos") as response:
        listed = (await content(response))["photos"]
    if as_json:
        terminal.print_json(listed)
    elif not listed:
        terminal.say("No item has a photo.")
    else:
        terminal.show(listing(("Item", "State", "Pixels", "Size"), [_entry(one) for one in listed]))
    return 0


@photos.command("upload")
@terminal.command
async def upload_(
    url: Url,
    item: _Item,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A picture of 20 MiB at most, as of a phone.")
    ],
    wait: Annotated[
        int, typer.Option(min=0, max=3600, help="Seconds to wait until it is looked at.")
    ] = 60,
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """Show a photo of an item on the menu, in place of any before it.

    It is shown a second later, or refused with a reason; then the exit code is 1.

    **Examples**

    - `coffeeshop photos upload latte latte.jpg`
    - `coffeeshop photos upload latte latte.jpg --json | jq -r .photo.src`
    """
    if wrong := _wrong_with(file):
        terminal.complain(f"{file}: {wrong}")
        return terminal.MISUSED
    async with connect_as_staff(url) as http:
        with terminal.bars(amount=DownloadColumn()) as progress:
            bar = progress.add_task("sent", total=file.stat().st_size)
            version_id = await upload(
                http, item, file, lambda done: progress.update(bar, completed=done)
            )
            progress.update(bar, description="stored")
        found = await looked_at(http, item, version_id, wait)
    if as_json and found is not None:
        terminal.print_json({"item_id": item, **found})
    elif found is not None and found["state"] in _GOOD:
        terminal.say(_GOOD[found["state"]].format(item=item))
    else:
        terminal.complain(*_why_not(item, found))
    return 0 if found is not None and found["state"] in _GOOD else terminal.FAILED


@photos.command()
@terminal.command
async def remove(url: Url, item: _Item) -> int:
    """Take an item's photo off the menu.

    **Example**

    - `coffeeshop photos remove latte`
    """
    async with (
        connect_as_staff(url) as http,
        http.delete(path("menu", "items", item, "photo")) as response,
    ):
        await content(response)
    terminal.say(f"{item} has no photo on the menu.")
    return 0


@photos.command()
@terminal.command
async def consent(url: Url, item: _Item) -> int:
    """Show an item's photo that is held, since something was seen in it. For managers.

    **Example**

    - `coffeeshop photos consent latte`
    """
    async with (
        connect_as_staff(url) as http,
        http.post(path("menu", "items", item, "photo", "consent")) as response,
    ):
        await content(response)
    terminal.say(f"The photo of {item} is on the menu.")
    return 0


_GOOD = {
    "shown": "The photo of {item} is on the menu.",
    "replaced": "The photo of {item} was good, and a newer one is on the menu.",
}


def _wrong_with(file: Path) -> str | None:
    """Say what is wrong with a file before it is sent."""
    try:
        if not file.is_file():
            return "is not a file." if file.exists() else "there is no such file."
        with file.open("rb"):
            size = file.stat().st_size
    except OSError as error:
        return f"{error.strerror}."
    if size > LARGEST_UPLOAD:
        return f"has {size / 2**20:.1f} MiB; a photo has {LARGEST_UPLOAD // 2**20} at most."
    return None if size else "is empty."


def _why_not(item: str, found: Json | None) -> Sequence[str]:
    if found is None:
        return (f"The photo of {item} is stored, and nobody has looked at it yet.",)
    if found["state"] == "held":
        consenting = own_command("photos", "consent", item)
        return (
            f"The photo of {item} is held: {found['reason']}.",
            f"To show it, as a manager: {consenting}",
        )
    return (f"The photo of {item} is refused: {found['reason']}.",)


def _entry(one: Json) -> Entry:
    photo, analysis = one["photo"], one["analysis"]
    state = "held" if one["needs_consent"] else one["state"]
    size = ("", "")
    if photo and analysis:
        size = (f"{photo['width']}x{photo['height']}", f"{analysis['size'] / 1e6:,.1f} MB")
    return Entry((one["item_id"], state, *size), list(_notes(one)))


def _notes(one: Json) -> Iterator[str]:
    if one["reason"]:
        yield f"the newest: {one['reason']}"
    seen = one["analysis"] or {}
    for what, name in (("same picture", "same_as"), ("flags", "flags"), ("labels", "labels")):
        if seen.get(name):
            yield f"{what}: {', '.join(seen[name])}"
