"""The pages: the board with its order numbers, and the page on which staff run the shop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shared.web.operation import Operation
from shared.web.pages import asset_operations

_PAGES = Path(__file__).with_name("pages")

_ASSETS = (
    *("index.js", "board_tabs.js", "board_stream.js", "board_worker.js", "visible.js"),
    *("shop.css", "cup.svg"),
)

PAGE_OPERATIONS: Sequence[Operation] = asset_operations(
    {
        "/": _PAGES / "index.html",
        "/staff": _PAGES / "staff.html",
        **{f"/pages/{name}": _PAGES / name for name in _ASSETS},
    }
)
