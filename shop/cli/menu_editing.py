"""`coffeeshop menu edit`: the menu in an editor, for managers."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

import aiohttp
import typer

from shop.cli import terminal
from shop.cli.menu_files import as_yaml, changes_to, loaded
from shop.cli.options import Url
from shop.client.answers import ProblemError
from shop.client.connection import connect_as_staff
from shop.client.menu import MenuRead, put_menu, read_menu
from shop.client.own_command import own_command

_MISTAKES = {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}


@terminal.command
async def edit(url: Url) -> int:
    """Edit the menu in $VISUAL or $EDITOR. For managers.

    After a mistake you can go on editing. When somebody else has changed the menu meanwhile, what
    you wrote is kept in a file, for `coffeeshop menu import`.

    **Example**

    - `EDITOR=nano coffeeshop menu edit`
    """
    async with connect_as_staff(url) as http:
        read = await read_menu(http)
        file = _draft(read)
        is_taken = False
        try:
            is_taken = await _edited(http, read, file)
        finally:
            if not is_taken and _is_changed(file, read):
                command = own_command("menu", "import", str(file))
                terminal.complain(f"What you wrote is kept. To put it on the menu: {command}")
            else:
                file.unlink(missing_ok=True)
    return 0 if is_taken else terminal.FAILED


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
    document = loaded(file)
    if isinstance(document, Sequence):
        return document
    changed = changes_to(read.document, document)
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
    except subprocess.CalledProcessError as error:
        return _complain_of(editor, _ended(error.returncode))
    except OSError as error:
        return _complain_of(editor, error.strerror or str(error))
    except ValueError as error:
        return _complain_of(editor, str(error))
    return True


def _complain_of(editor: str, reason: str) -> bool:
    terminal.complain(f"The editor {editor!r} failed: {reason}")
    return False


def _ended(code: int) -> str:
    return f"exit status {code}" if code >= 0 else f"ended by signal {-code}"


def _is_changed(file: Path, read: MenuRead) -> bool:
    try:
        return file.read_bytes() != as_yaml(read).encode()
    except FileNotFoundError:
        return False


def _draft(read: MenuRead) -> Path:
    number, name = tempfile.mkstemp(prefix=f"menu-{read.version}-", suffix=".yaml")
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(as_yaml(read))
    return Path(name)
