"""The version of the menu that a file of it is based on: its first line, a comment."""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp

from shop.cli import terminal
from shop.cli.listing import local
from shop.client.menu import MenuRead, newest_versions
from shop.client.own_command import own_command

_LINE = "# Based on version {} of the menu.\n"
_WRITTEN = re.compile(rb"(?:\xef\xbb\xbf)?# Based on version ([1-9][0-9]{0,8}) of the menu\.\r?\n")


def based_on(version: int, yaml: str) -> str:
    """Write the version in front of a menu."""
    return _LINE.format(version) + yaml


def base_of(file: Path) -> int | None:
    """Read the version that a file is based on; None where it does not say."""
    with file.open("rb") as opened:
        found = _WRITTEN.match(opened.readline(100))
    return int(found[1]) if found else None


def rebase(file: Path, version: int) -> None:
    """Put another version into a file that says one; its owner is told if that fails."""
    try:
        text = file.read_bytes()
        if found := _WRITTEN.match(text):
            line = _LINE.format(version).encode()
            file.write_bytes(line + text[found.end() :])
    except OSError as error:
        terminal.complain(f"{file}: {error.strerror}: its first line names an older version.")


async def newer_versions(http: aiohttp.ClientSession, read: MenuRead, base: int) -> list[str]:
    """Say who has changed what since a version, in lines; none if it is the newest."""
    if base == read.version:
        return []
    based = f"The file is based on version {base}, and the menu is at version {read.version}"
    if base > read.version:
        return [f"{based}: it is another shop's, or this shop was restored."]
    newest = await newest_versions(http, read.version)
    newer = [one for one in newest if one["version"] > base]
    lines = [
        f"Version {one['version']}, {local(one['at'])}, {one['by']}: {one['changes']}"
        for one in newer
    ]
    if (left := read.version - base - len(newer)) > 0:
        lines.append(f"And {left} more: {own_command('menu', 'versions')}")
    return [f"{based}:", *lines]
