"""Stores as shops of earlier schema versions left them when they were killed.

Five customers were at each, and two of them read its newsletter. All of it happened yesterday.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

from shared.domain.order import OrderState

_FILES = Path(__file__).parents[1] / "fixtures" / "stores"
_WRITTEN_ON = dt.date(2026, 11, 28)

VERSIONS = sorted(int(path.stem.removeprefix("v")) for path in _FILES.glob("v*.sql"))

LEFT = {
    "Ada": ("001", OrderState.COLLECTED),
    "Grace": ("002", OrderState.READY),
    "Alan": ("003", OrderState.PREPARING),
    "Linus": ("004", OrderState.CANCELED),
    "Edsger": ("005", OrderState.PLACED),
}
"""Each customer's order: its number, and its state when the shop was killed."""

ADAS_ORDER = {
    "customer_name": "Ada",
    "items": [
        {
            "item": "latte",
            "size": "large",
            "quantity": 2,
            "modifiers": ["oat-milk"],
            "note": "hot",
        }
    ],
}


def yesterday() -> dt.date:
    return dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)


def idempotency_key(customer: str) -> str:
    """The key under which a customer placed their order."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{customer.lower()}.guests.example"))


def write_store(path: Path, version: int) -> None:
    """Write a store of this version to a new file."""
    script = (_FILES / f"v{version}.sql").read_text()
    shift = yesterday() - _WRITTEN_ON
    for day in (_WRITTEN_ON + dt.timedelta(days=1), _WRITTEN_ON):  # the later one first
        script = script.replace(str(day), str(day + shift))
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
