"""A change of an order, as its announcement has it."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

from shop.client.live_stream import Event

UNDER_WAY = frozenset({"placed", "preparing"})
"""The states of an order that has not ended."""


@dataclass(frozen=True, slots=True)
class Change:
    """A state that an order reached, and when. Versions count from 1."""

    order_id: str
    version: int
    state: str
    at: dt.datetime


def change_in(event: Event) -> Change | None:
    """Read an order's event; None for any other event, such as a `reset`."""
    try:
        announcement = json.loads(event.data)
        data, at = announcement["data"], dt.datetime.fromisoformat(announcement["time"])
        return Change(str(data["order_id"]), int(data["version"]), str(data["state"]), at)
    except (ValueError, KeyError, TypeError):
        return None
