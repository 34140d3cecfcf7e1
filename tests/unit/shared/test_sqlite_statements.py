"""No statement needs a newer SQLite than the oldest that the shop accepts.

All of them were run once against SQLite 3.30, by the suites of `tests/contract`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.store.sqlite.schema import OLDEST_SQLITE

ROOT = Path(__file__).parents[3]
FOLDERS = (ROOT / "shared/store/sqlite", ROOT / "notifier/store/sqlite")

NEWER = {
    (3, 35): r"\bRETURNING \w|ON CONFLICT\s+DO UPDATE|\bMATERIALIZED\b|DROP COLUMN",
    (3, 37): r"\)\s*STRICT\b",
    (3, 38): r"->>|\bUNIXEPOCH\(",
    (3, 39): r"\b(RIGHT|FULL)( OUTER)? JOIN\b|IS (NOT )?DISTINCT FROM",
    (3, 33): r"UPDATE \w+ SET [^\"]* FROM ",
}


@pytest.mark.parametrize("version", NEWER)
def test_no_statement_needs_a_newer_sqlite(version: tuple[int, int]) -> None:
    assert version > OLDEST_SQLITE
    used = {
        f"{path.name}: {found[0]}"
        for folder in FOLDERS
        for path in folder.glob("*.py")
        for found in re.finditer(NEWER[version], path.read_text())
    }
    assert used == set()
