"""The contracts of the staff's keys, and of who changed what; one suite tests both stores."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.domain.change import Change
from shared.domain.staff import StaffKeyRecord


class StaffKeyStore(Protocol):
    """The keys of one shop's staff, beside the owner's, which is in no store.

    Every write is durable when its call returns, and is recorded with its `change`: both or
    neither. Every method raises StoreUnavailableError when the store cannot be reached in time.
    """

    async def staff_keys(self) -> Sequence[StaffKeyRecord]:
        """List the keys as of the last completed write, the oldest first."""

    async def add_staff_key(self, new: StaffKeyRecord, change: Change) -> None:
        """Record a key; raises NameTakenError, and TooManyKeysError beyond MOST_KEYS."""

    async def withdraw_staff_key(self, key_id: str, change: Change) -> bool:
        """Delete a key; return whether there was one of that id."""


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Some changes, newest first, and the cursor of the next page, None on the last one."""

    changes: Sequence[Change]
    next_cursor: str | None


class ChangeStore(Protocol):
    """Who changed what in one shop; each change is kept for `change.KEPT`."""

    async def record_change(self, change: Change) -> None:
        """Record a change of something that is not in the store."""

    async def changes(self, limit: int, cursor: str | None = None) -> ChangePage:
        """List up to `limit` changes, the newest first; raises InvalidCursorError."""

    async def delete_changes(self, before: dt.datetime) -> int:
        """Delete the changes made before then; return how many.

        Where the store deletes them by itself, it returns 0.
        """
