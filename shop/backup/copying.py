"""Copies a store's file at one moment, and says what is in the copy."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.domain.order import OPEN_STATES
from shared.store.sqlite.schema import VERSION, NewerSchemaError
from shop.backup.photo_table import HeldPhotos, held_photos

STEP_PAGES = 1000
"""Pages of 4 KiB between two calls of `Progress`."""

_BUSY_SECONDS = 10.0

_FORBIDDEN = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}

_OPEN = ", ".join(f"'{state}'" for state in sorted(OPEN_STATES))

Progress = Callable[[int, int], None]
"""Called with how many pages are copied, and how many there are."""


class BackupError(Exception):
    """The copy cannot be made or used; the message says why, and what to do."""


class MisusedError(BackupError):
    """No copy can be made from, or over, what was named."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a store's file holds; `store_ids` are the shops that have orders in it."""

    schema: int
    orders: int
    open_orders: int
    subscriptions: int
    store_ids: tuple[str, ...]
    photos: HeldPhotos


def load(backup: Path, copy: Path, progress: Progress) -> Contents:
    """Copy a backup, which stays as it is, into an empty file; raises BackupError."""
    refuse_odd_file(backup)
    if not backup.exists():
        raise BackupError(f"There is no file {backup}.")
    in_use = backup.with_name(f"{backup.name}-wal").exists()
    with (
        opened(backup, "ro" if in_use else "ro&immutable=1") as source,
        draft_connection(copy) as target,
    ):
        copy_store(source, backup, target, progress)
        return check_copy(target, backup)


def refuse_odd_file(path: Path) -> None:
    """Raise MisusedError for a folder, a device, and whatever else cannot be a backup."""
    if path.is_dir():
        raise MisusedError(f"{path} is a folder; name a file, as in {path / 'backup.sqlite3'}")
    if path.is_symlink() and not path.exists() and path == Path(os.path.realpath(path)):
        raise MisusedError(f"{path} is a link to itself.")
    if path.exists() and not path.is_file():
        raise MisusedError(f"{path} is not a regular file.")


def is_store(path: Path) -> bool:
    """Tell whether an existing file is a store or a backup of one; it is not changed."""
    try:
        with opened(path, "ro&immutable=1") as found:
            return "orders" in _tables(found)
    except BackupError:
        return False


@contextmanager
def opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """Connect to an existing file, whose schema stays as it is; raises BackupError."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    try:
        with closing(
            sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
        ) as connection:
            yield connection
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_NOTADB:
            raise _no_store(path) from error
        if code in _FORBIDDEN:
            raise BackupError(
                f"{path} cannot be opened from here; do this as the user who owns it, "
                "or with a copy of its folder that you can write to."
            ) from error
        raise BackupError(f"{path} cannot be copied: {error}") from error


def draft_connection(draft: Path) -> closing[sqlite3.Connection]:
    """Connect to a draft, which is made durable when it is whole."""
    connection = sqlite3.connect(draft, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    return closing(connection)


def copy_store(
    source: sqlite3.Connection,
    origin: Path,
    target: sqlite3.Connection,
    progress: Progress,
    step_pages: int = STEP_PAGES,
) -> None:
    """Copy what a connection sees now into an empty file; raises BackupError."""
    # Within a transaction all steps see this moment; without one, each write would start them anew.
    source.execute("BEGIN")
    _check_schema(source, origin)
    source.backup(
        target,
        pages=step_pages,
        progress=lambda _, left, total: progress(total - left, total),
    )
    target.execute("PRAGMA journal_mode = DELETE")  # one file, that needs no other beside it


def check_copy(copy: sqlite3.Connection, origin: Path) -> Contents:
    """Read a copy as a whole, and say what it holds; raises BackupError."""
    (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise BackupError(f"{origin} is damaged: {found}")
    return _contents(copy)


def _check_schema(source: sqlite3.Connection, origin: Path) -> None:
    if "orders" not in _tables(source):
        raise _no_store(origin)
    if (found := _schema(source)) > VERSION:
        raise BackupError(f"{origin} cannot be used: {NewerSchemaError(found)}")


def _no_store(path: Path) -> BackupError:
    return BackupError(f"{path} is not the order store of a shop, nor a backup of one.")


def _contents(store: sqlite3.Connection) -> Contents:
    def count(what: str) -> int:
        (found,) = store.execute(f"SELECT count(*) FROM {what}").fetchone()  # noqa: S608 - text of our own
        return int(found)

    shops = store.execute("SELECT DISTINCT store_id FROM orders ORDER BY store_id").fetchall()
    return Contents(
        schema=_schema(store),
        orders=count("orders"),
        open_orders=count(f"orders WHERE state IN ({_OPEN})"),
        subscriptions=(
            count("subscriptions WHERE state <> 'ended'")
            if "subscriptions" in _tables(store)  # they came with a later version of the schema
            else 0
        ),
        store_ids=tuple(store_id for (store_id,) in shops),
        photos=held_photos(store),
    )


def _schema(store: sqlite3.Connection) -> int:
    version: int = store.execute("PRAGMA user_version").fetchone()[0]
    return version


def _tables(store: sqlite3.Connection) -> set[str]:
    return {
        name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
