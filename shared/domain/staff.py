"""The people who work in the shop: each has a key with a name and a role."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.visible_text import spelling


class StaffRole(StrEnum):
    """What a key is good for: the bar, or everything."""

    BARISTA = "barista"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class StaffKey:
    """Whose key it is; the key itself is known to nobody but its holder."""

    id: str
    name: str
    role: StaffRole


OWNER = StaffKey("owner", "owner", StaffRole.MANAGER)
"""The key in the settings or in the state folder, which no store is needed for."""


@dataclass(frozen=True, slots=True)
class StaffKeyRecord:
    """A key as the store keeps it: by its SHA-256, in hexadecimal.

    A key has 256 random bits, so that nobody finds it by trying, however fast the hash is (NIST
    SP 800-63B, section 5.1.2.2, wants a slow one only for secrets that people choose).
    """

    key: StaffKey
    digest: str
    created_at: dt.datetime
    created_by: str


MENU_FILE = "menu file"
"""Who has made the first version of the menu."""

RESERVED = frozenset({OWNER.name, MENU_FILE})
"""Names that no key has, and that the list of changes shows."""

MOST_KEYS = 100
"""How many keys a shop may have beside the owner's."""


class NameTakenError(Exception):
    """Another key has that name; by it, people see who changed what."""


class TooManyKeysError(Exception):
    """The shop has as many keys as it may."""


def with_key(records: Sequence[StaffKeyRecord], new: StaffKeyRecord) -> Sequence[StaffKeyRecord]:
    """Add a key to the shop's; raises NameTakenError and TooManyKeysError."""
    taken = {*RESERVED, *(spelling(record.key.name) for record in records)}
    if spelling(new.key.name) in taken:
        raise NameTakenError(f"there is a key with the name {new.key.name}")
    if len(records) >= MOST_KEYS:
        raise TooManyKeysError(f"there are {MOST_KEYS} keys: withdraw one first")
    return [*records, new]
