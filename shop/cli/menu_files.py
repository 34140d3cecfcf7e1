"""`coffeeshop menu export` and `import`: the menu as a YAML file, for staff."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.runtime.startup import StartupError
from shop.cli import terminal
from shop.cli.menu_base import base_of, based_on, newer_versions, rebase
from shop.cli.options import AsJson, Url
from shop.client.answers import Json
from shop.client.connection import connect_as_staff
from shop.client.menu import MenuRead, put_menu, read_menu

if TYPE_CHECKING:
    from producer.menu.document import MenuDocument

_WAYS_OUT = (
    "Nothing is imported. Export the menu to another file and make your changes there; or undo "
    "those of the others with --undo-newer."
)

_File = Annotated[Path, typer.Argument(metavar="FILE", show_default=False)]


@terminal.command
async def export(
    url: Url,
    file: _File,
    force: Annotated[bool, typer.Option("--force", help="Write over FILE if it is there.")] = False,  # noqa: FBT002
) -> int:
    """Write the menu to a YAML file, for `coffeeshop menu import`. For staff.

    **Example**

    - `coffeeshop menu export menu.yaml`
    """
    async with connect_as_staff(url) as http:
        read = await read_menu(http)
    try:
        with file.open("w" if force else "x", encoding="utf-8") as written:
            written.write(as_yaml(read))
    except FileExistsError:
        terminal.complain(f"{file} is there already; --force writes over it.")
        return terminal.MISUSED
    except OSError as error:
        terminal.complain(f"{file}: {error.strerror}")
        return terminal.FAILED
    terminal.say(f"{file} has version {read.version} of the menu.")
    return 0


@terminal.command
async def import_(
    url: Url,
    file: _File,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,  # noqa: FBT002
    undo_newer: Annotated[  # noqa: FBT002
        bool, typer.Option("--undo-newer", help="Also if somebody has changed the menu since.")
    ] = False,
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """Make the menu what a YAML file says. For managers.

    It shows what changes, and asks. Orders keep the prices that they were placed at. The file's
    first line names the version that it is based on; if that is not the newest, nothing changes.

    **Examples**

    - `coffeeshop menu import menu.yaml`
    - `coffeeshop menu import menu.yaml --yes --json`
    """
    document = loaded(file)
    if isinstance(document, Sequence):
        terminal.complain(*document)
        return terminal.MISUSED
    async with connect_as_staff(url) as http:
        read = await read_menu(http)
        changed = changes_to(read.document, document)
        base = base_of(file)
        newer = await newer_versions(http, read, base) if changed and base else []
        terminal.complain(*newer)
        if newer and not undo_newer:
            terminal.complain(_WAYS_OUT)
            return terminal.FAILED
        if not as_json:
            terminal.say(*(changed or ("Nothing changes.",)))
        if changed:
            if not (yes or typer.confirm("Change the menu?", err=as_json)):
                return terminal.FAILED
            read = await put_menu(http, document.json_text(), read.tag)
    if base != read.version:
        rebase(file, read.version)
    if as_json:
        terminal.print_json({"version": read.version, "changes": changed})
    elif changed:
        terminal.say(f"The menu is changed; this is version {read.version}.")
    return 0


def as_yaml(read: MenuRead) -> str:
    """Write the menu that a shop has answered as YAML, and its version."""
    from producer.menu.document import MenuDocument  # noqa: PLC0415 - other commands do not need it
    from producer.menu.file import menu_yaml  # noqa: PLC0415 - as above

    document = MenuDocument.model_validate_json(json.dumps(read.document))
    return based_on(read.version, menu_yaml(document))


def loaded(file: Path) -> MenuDocument | Sequence[str]:
    """Read a menu from a file, or what is wrong with it, each with its line."""
    from producer.menu.file import load_menu  # noqa: PLC0415 - as above

    try:
        return load_menu(file)
    except StartupError as error:
        return error.lines


def changes_to(before: Json, after: MenuDocument) -> list[str]:
    """List what differs from the menu that a shop has answered."""
    from producer.menu.changes import changes  # noqa: PLC0415 - as above
    from producer.menu.document import MenuDocument  # noqa: PLC0415 - as above

    old = MenuDocument.model_validate_json(json.dumps(before))
    return [] if old.json_text() == after.json_text() else changes(old, after)
