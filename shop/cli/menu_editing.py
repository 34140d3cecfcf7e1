"""`coffeeshop menu export`, `import` and `edit`: the menu as a YAML file, for staff."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import aiohttp
import typer

from shared.runtime.startup import StartupError
from shop.cli import terminal
from shop.cli.options import AsJson, Url
from shop.client.answers import Json, ProblemError
from shop.client.connection import connect_as_staff
from shop.client.menu import MenuRead, put_menu, read_menu
from shop.client.own_command import own_command

if TYPE_CHECKING:
    from producer.menu.document import MenuDocument

_File = Annotated[Path, typer.Argument(metavar="FILE", show_default=False)]

_MISTAKES = {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}


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
            written.write(_yaml(read.document))
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
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """Make the menu what a YAML file says. For staff.

    It shows what changes, and asks. Orders keep the prices that they were placed at.

    **Examples**

    - `coffeeshop menu import menu.yaml`
    - `coffeeshop menu import menu.yaml --yes --json`
    """
    document = _loaded(file)
    if isinstance(document, Sequence):
        terminal.complain(*document)
        return terminal.MISUSED
    async with connect_as_staff(url) as http:
        read = await read_menu(http)
        changed = _changes(read.document, document)
        if not as_json:
            terminal.say(*(changed or ("Nothing changes.",)))
        if changed:
            if not (yes or typer.confirm("Change the menu?", err=as_json)):
                return terminal.FAILED
            read = await put_menu(http, document.json_text(), read.tag)
    if as_json:
        terminal.print_json({"version": read.version, "changes": changed})
    elif changed:
        terminal.say(f"The menu is changed; this is version {read.version}.")
    return 0


@terminal.command
async def edit(url: Url) -> int:
    """Edit the menu in $VISUAL or $EDITOR. For staff.

    After a mistake you can go on editing. When somebody else has changed the menu meanwhile, what
    you wrote is kept in a file, for `coffeeshop menu import`.

    **Example**

    - `EDITOR=nano coffeeshop menu edit`
    """
    async with connect_as_staff(url) as http:
        read = await read_menu(http)
        file = _draft(read)
        is_kept = True
        try:
            is_kept = not await _edited(http, read, file)
        finally:
            if is_kept:
                command = own_command("menu", "import", str(file))
                terminal.complain(f"What you wrote is kept. To put it on the menu: {command}")
            else:
                file.unlink(missing_ok=True)
    return terminal.FAILED if is_kept else 0


async def _edited(http: aiohttp.ClientSession, read: MenuRead, file: Path) -> bool:
    """Have the file edited until the shop takes it; return False when that was given up."""
    while await asyncio.to_thread(_run_editor, file):
        if not (mistakes := await _mistakes(http, read, file)):
            return True
        terminal.complain(*mistakes)
        if not _goes_on():
            break
    return False


async def _mistakes(http: aiohttp.ClientSession, read: MenuRead, file: Path) -> Sequence[str]:
    """Make the menu what the file says, or return what is wrong with it."""
    document = _loaded(file)
    if isinstance(document, Sequence):
        return document
    changed = _changes(read.document, document)
    if not changed:
        terminal.say("Nothing was changed.")
        return ()
    try:
        written = await put_menu(http, document.json_text(), read.tag)
    except ProblemError as problem:
        if problem.status not in _MISTAKES:
            raise
        return problem.lines
    terminal.say(*changed, f"The menu is changed; this is version {written.version}.")
    return ()


def _goes_on() -> bool:
    try:
        return typer.confirm("Go on editing?", default=True)
    except typer.Abort:
        return False


def _run_editor(file: Path) -> bool:
    """Run the editor to its end; return whether it ended well."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        subprocess.run([*shlex.split(editor), str(file)], check=True)  # noqa: S603 - the user's own
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        terminal.complain(f"The editor {editor!r} failed: {error}")
        return False
    return True


def _draft(read: MenuRead) -> Path:
    number, name = tempfile.mkstemp(prefix=f"menu-{read.version}-", suffix=".yaml")
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(_yaml(read.document))
    return Path(name)


def _yaml(document: Json) -> str:
    from producer.menu.document import MenuDocument  # noqa: PLC0415 - other commands do not need it
    from producer.menu.file import menu_yaml  # noqa: PLC0415 - as above

    return menu_yaml(MenuDocument.model_validate_json(json.dumps(document)))


def _loaded(file: Path) -> MenuDocument | Sequence[str]:
    """Read a menu from a file, or what is wrong with it, each with its line."""
    from producer.menu.file import load_menu  # noqa: PLC0415 - as above

    try:
        return load_menu(file)
    except StartupError as error:
        return error.lines


def _changes(before: Json, after: MenuDocument) -> list[str]:
    from producer.menu.changes import changes  # noqa: PLC0415 - as above
    from producer.menu.document import MenuDocument  # noqa: PLC0415 - as above

    old = MenuDocument.model_validate_json(json.dumps(before))
    return [] if old.json_text() == after.json_text() else changes(old, after)
