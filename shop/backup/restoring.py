"""Puts a backup in the place of a store, and makes it fit what has happened since."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from shared.clock import utc_now
from shared.domain.staff import StaffKey, StaffRole
from shared.store.contract import StoreUnavailableError
from shared.store.sqlite.connection import connect
from shop.backup.copying import BackupError, Contents, Progress, load, opened
from shop.backup.drafts import draft_of
from shop.backup.numbers import LEFT_OUT, ShopDay, raised
from shop.backup.photo_files import restore_photos

_SUFFIXES = ("-wal", "-shm", "")
"""Of the files of one store, the last of which is the store itself."""

_BUSY_SECONDS = 5.0

_RAISE_NUMBER = """INSERT INTO numbers (store_id, business_day, last) VALUES (?, ?, ?)
    ON CONFLICT (store_id, business_day) DO UPDATE SET last = max(last, excluded.last)"""

_COUNTED = "SELECT store_id, business_day, last FROM numbers WHERE business_day <> ''"

_OUTDATED = ("queue_marks", "shifts")
"""With another epoch than the queue's, everything due is queued again. Heartbeats of workers say
how far they were with a queue that the backup knows nothing of."""

_ADD_NOTIFIER = "INSERT OR REPLACE INTO notifiers (store_id, notifier, at) VALUES (?, ?, ?)"

_WITHDRAW = "DELETE FROM staff_keys WHERE id = ?"


@dataclass(frozen=True, slots=True)
class _Replaced:
    """What is taken over from a store: the numbers given out, and its staff keys.

    And the heartbeats of `notifiers`: the queues of those that were killed are found by them.
    """

    numbers: Sequence[tuple[str, str, int]]
    keys: Sequence[StaffKey]
    notifiers: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and the name that the store before was given, if there was one.

    `keys` are the staff keys that are valid now. `numbers_left_out` of each business day were
    perhaps given out after the backup was made.
    """

    contents: Contents
    kept_as: Path | None
    keys: Sequence[StaffKey]
    numbers_left_out: int


def restore_store(
    backup: Path,
    store: Path,
    photos: Path | None,
    progress: Progress,
    *,
    force: bool,
    sold_since: ShopDay | None,
) -> Restored:
    """Make a store of a backup, with today's schema; the caller holds the lock on its folder.

    Its photos are written to the folder `photos`, if there is to be one.

    A store that is there is kept under another name if `force` is given. Its order numbers are
    not given out again, and staff keys that it had not any more stay invalid. Where there is none
    that can be read, numbers are left out for what was `sold_since` the backup was made; None
    means nothing. Raises BackupError, OSError.
    """
    present = [path for path in _files(store) if path.exists()]
    if present and not force:
        raise BackupError(
            f"There is a store in {store.parent}/ already; --force keeps it under another name."
        )
    kept_as = store.with_name(f"{store.name}.{_stamp(utc_now())}") if present else None
    replaced = _folded(store) if store.exists() else None
    set_aside = partial(_set_aside, store, kept_as) if kept_as else lambda: None
    with draft_of(store, set_aside) as draft:
        contents = load(backup, draft, progress)
        keys = _adapt(draft, replaced, sold_since)
        restore_photos(draft, photos)
    left_out = 0 if replaced or sold_since is None else LEFT_OUT
    return Restored(contents, kept_as, keys, left_out)


def _folded(store: Path) -> _Replaced | None:
    """Fold the write-ahead log into a store, and read what is taken over from it.

    From a damaged one nothing is. Raises BackupError when a process uses it.
    """
    try:
        with opened(store, "rw") as old:
            old.execute("PRAGMA journal_mode = DELETE").fetchone()
            numbers = old.execute("SELECT store_id, business_day, last FROM numbers").fetchall()
            return _Replaced(numbers, _keys(old), _notifiers(old))
    except BackupError as error:
        if isinstance(error.__cause__, sqlite3.OperationalError) and _is_busy(error.__cause__):
            raise BackupError(f"{store} is in use; close the shop first.") from error
        return None


def _keys(store: sqlite3.Connection) -> Sequence[StaffKey]:
    """Read the staff keys, of which old stores have no table."""
    if not _has_table(store, "staff_keys"):
        return []
    rows = store.execute("SELECT id, name, role FROM staff_keys ORDER BY created_at")
    return [StaffKey(id_, name, StaffRole(role)) for id_, name, role in rows]


def _notifiers(store: sqlite3.Connection) -> Sequence[tuple[str, str, str]]:
    if not _has_table(store, "notifiers"):
        return []
    return store.execute("SELECT store_id, notifier, at FROM notifiers").fetchall()


def _has_table(store: sqlite3.Connection, name: str) -> bool:
    found = store.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,))
    return found.fetchone() is not None


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _adapt(
    draft: Path, replaced: _Replaced | None, sold_since: ShopDay | None
) -> Sequence[StaffKey]:
    """Upgrade the schema, and forget what the backup cannot know; give the staff keys left."""
    try:
        with closing(connect(draft, _BUSY_SECONDS)) as restored:
            restored.execute("BEGIN IMMEDIATE")
            for table in _OUTDATED:
                restored.execute(f"DELETE FROM {table}")  # noqa: S608 - text of our own
            if replaced is not None:
                restored.executemany(_RAISE_NUMBER, replaced.numbers)
                restored.executemany(_ADD_NOTIFIER, replaced.notifiers)
                gone = {key.id for key in _keys(restored)} - {key.id for key in replaced.keys}
                restored.executemany(_WITHDRAW, [(id_,) for id_ in gone])
            elif sold_since is not None:
                restored.executemany(_RAISE_NUMBER, _left_out(restored, sold_since))
            restored.execute("COMMIT")
            restored.execute("PRAGMA journal_mode = DELETE")  # a draft has one name, not three
            return _keys(restored)
    except (sqlite3.Error, StoreUnavailableError) as error:
        raise BackupError(f"The backup cannot be opened as a store: {error}") from error


def _left_out(restored: sqlite3.Connection, sold_since: ShopDay) -> Iterator[tuple[str, str, int]]:
    counted: dict[str, dict[dt.date, int]] = {sold_since.store_id: {}}
    for store_id, day, last in restored.execute(_COUNTED):
        counted.setdefault(store_id, {})[dt.date.fromisoformat(day)] = last
    for store_id, numbers in counted.items():
        for day, last in raised(numbers, sold_since.today, LEFT_OUT).items():
            yield store_id, day.isoformat(), last


def _set_aside(store: Path, kept_as: Path) -> None:
    for suffix in _SUFFIXES:
        with suppress(FileNotFoundError):
            store.with_name(f"{store.name}{suffix}").rename(f"{kept_as}{suffix}")


def _files(store: Path) -> Sequence[Path]:
    return [store.with_name(f"{store.name}{suffix}") for suffix in _SUFFIXES]


def _stamp(at: dt.datetime) -> str:
    return f"{at:%Y%m%dT%H%M%S}.{at.microsecond // 1000:03}Z"
