"""The cashier's pages as operations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from producer.context import CASHIER
from shared.domain.errors import UnavailableError
from shared.web.operation import Operation
from shared.web.pages.shell import Page, Shell, ShopFace

HOME = Page(
    path="/",
    template="home.html",
    title="home.title",
    module="home.js",
    stylesheets=("board.css",),
    texts=("board",),
)
BOARD = Page(
    path="/board",
    template="board.html",
    title="board.title",
    module="board_page.js",
    stylesheets=("board.css",),
    texts=("board",),
)
STAFF = Page(path="/staff", template="staff.html", title="staff.title", navigation="staff")


async def shop_face(request: web.Request) -> ShopFace:
    """Read the shop's name and languages; a page is shown while they cannot be read, too."""
    try:
        settings = (await request.app[CASHIER].settings.get()).value
    except UnavailableError:
        return ShopFace()
    return ShopFace(settings.name, settings.languages)


SHELL = Shell(Path(__file__).parent, "/pages", shop_face)
"""Renders the cashier's pages."""

PAGE_OPERATIONS: Sequence[Operation] = SHELL.operations(HOME, BOARD, STAFF)
