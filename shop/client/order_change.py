"""A change of an order, as its announcement tells it."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

from shop.client.live_stream import Event

UNDER_WAY = frozenset({"placed", "preparing"})
"""The states of an order that is still waited for."""


@dataclass(frozen=True, slots=True)
class Change:
    """A state that an order reached, and when. Versions count from 1."""

    order_id: str
    version: int
    state: str
    at: dt.datetime


def change_in(event: Event) -> Change | None:
    """Read an order's event; none when it is something else, such as a `reset`."""
    try:
        told = json.loads(event.data)
        change = told["data"]
        at = dt.datetime.fromisoformat(told["time"])
        return Change(str(change["order_id"]), int(change["version"]), str(change["state"]), at)
    except (ValueError, KeyError, TypeError):
        return None
