"""Who changed what: a record of each change that staff make to the shop."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass, field
from enum import StrEnum


class Changed(StrEnum):
    """What staff can change; an order's own timeline says who changed it."""

    SHOP = "shop"
    SOLD_OUT = "sold-out"
    MENU = "menu"
    PHOTOS = "photos"
    SETTINGS = "settings"
    HOURS = "hours"
    STAFF_KEYS = "staff-keys"
    DEAD_LETTERS = "dead-letters"
    DELIVERIES = "deliveries"
    CUSTOMERS = "customers"
    TOPICS = "topics"


KEPT = dt.timedelta(days=365)
"""How long changes are kept."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change: when, by the key of which name, what, and how in a few words.

    It names no customer. `id` tells changes of one moment apart.
    """

    at: dt.datetime
    by: str
    what: Changed
    detail: str
    id: str = field(default_factory=lambda: secrets.token_hex(8))
