"""The shell of the notifier's pages."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from notifier.context import NOTIFIER
from shared.domain.errors import UnavailableError
from shared.web.pages.shell import Shell, ShopFace


async def shop_face(request: web.Request) -> ShopFace:
    """Read the shop's name and languages; a page is shown while they cannot be read, too."""
    try:
        return await request.app[NOTIFIER].face.get()
    except UnavailableError:
        return ShopFace()


SHELL = Shell(Path(__file__).parent, "/newsletters/assets", shop_face)
"""Renders the notifier's pages."""
