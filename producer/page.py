"""The page that says what runs here, and shows the numbers being prepared and ready."""

from __future__ import annotations

from pathlib import Path

from shared.web.assets import asset_operations
from shared.web.operation import Operation

_PAGES = Path(__file__).with_name("pages")


def page_operations() -> list[Operation]:
    """List the page and its assets."""
    return asset_operations(
        {
            "/": _PAGES / "index.html",
            "/pages/index.js": _PAGES / "index.js",
            "/pages/shop.css": _PAGES / "shop.css",
            "/pages/cup.svg": _PAGES / "cup.svg",
        }
    )
