"""The pages: what runs here with the numbers on the board, and what staff can do."""

from __future__ import annotations

from pathlib import Path

from shared.web.operation import Operation
from shared.web.pages import asset_operations

_PAGES = Path(__file__).with_name("pages")


def page_operations() -> list[Operation]:
    """List the pages and their assets."""
    return asset_operations(
        {
            "/": _PAGES / "index.html",
            "/staff": _PAGES / "staff.html",
            "/pages/index.js": _PAGES / "index.js",
            "/pages/shop.css": _PAGES / "shop.css",
            "/pages/cup.svg": _PAGES / "cup.svg",
        }
    )
