"""The shell of the cashier's pages, and the one that needs no data."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from producer.context import CASHIER
from shared.domain.errors import UnavailableError
from shared.web.pages.shell import Page, Shell, ShopFace

BOARD = Page(
    path="/board",
    template="board.html",
    title="board.title",
    module="board_page.js",
    stylesheets=("board.css",),
    texts=("board",),
    navigation="none",
    layout="full",
)


async def shop_face(request: web.Request) -> ShopFace:
    """Read the shop's name and languages; a page is shown while they cannot be read, too."""
    context = request.app[CASHIER]
    timezone = str(context.opening_hours.timezone)
    try:
        settings = (await context.settings.get()).value
    except UnavailableError:
        return ShopFace(timezone=timezone)
    return ShopFace(settings.name, settings.languages, timezone)


SHELL = Shell(Path(__file__).parent, "/pages", shop_face)
"""Renders the cashier's pages."""
