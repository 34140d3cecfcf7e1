"""Copies a store's file at one moment, and says what is in the copy."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.domain.order import OPEN_STATES
from shared.store.sqlite.schema import VERSION, NewerSchemaError
from shop.backup.drafts import draft_of

STEP_PAGES = 1000
"""Pages of 4 KiB between two calls of `Progress`."""

_BUSY_SECONDS = 10.0

_OPEN = ", ".join(f"'{state}'" for state in sorted(OPEN_STATES))

Progress = Callable[[int, int], None]
"""Called with how many pages are copied, and how many there are."""


class BackupError(Exception):
    """The copy cannot be made or used; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a store's file holds; `store_ids` are the shops that have orders in it."""

    schema: int
    orders: int
    open_orders: int
    subscriptions: int
    store_ids: tuple[str, ...]


def save_store(
    store: Path, backup: Path, progress: Progress, *, force: bool, step_pages: int = STEP_PAGES
) -> Contents:
    """Copy a store that may be in use into a file; `force` writes over one that is there.

    Everything that was committed before is in it; writers do not wait. Raises BackupError, OSError.
    """
    if not store.exists():
        raise BackupError(
            f"There are no orders in {store.parent}/; COFFEE_STATE_DIR names another."
        )
    if backup.exists() and (not force or backup.samefile(store)):
        raise BackupError(f"{backup} is there already; --force writes over an older backup.")
    with draft_of(backup) as draft, opened(store, "rw") as source:
        return copy_store(source, store, draft, progress, step_pages)


def load(backup: Path, copy: Path, progress: Progress) -> Contents:
    """Copy a backup, which stays as it is, into an empty file; raises BackupError."""
    if not backup.is_file():
        raise BackupError(f"There is no file {backup}.")
    in_use = backup.with_name(f"{backup.name}-wal").exists()
    with opened(backup, "ro" if in_use else "ro&immutable=1") as source:
        return copy_store(source, backup, copy, progress)


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
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_NOTADB:
            raise _no_store(path) from error
        raise BackupError(f"{path} cannot be copied: {error}") from error


def copy_store(
    source: sqlite3.Connection,
    origin: Path,
    copy: Path,
    progress: Progress,
    step_pages: int = STEP_PAGES,
) -> Contents:
    """Copy what a connection sees now into an empty file, and check it; raises BackupError."""
    # Within a transaction all steps see this moment; without one, each write would start them anew.
    source.execute("BEGIN")
    _check_schema(source, origin)
    with closing(sqlite3.connect(copy, isolation_level=None)) as target:
        source.backup(
            target,
            pages=step_pages,
            progress=lambda _, left, total: progress(total - left, total),
        )
        target.execute("PRAGMA journal_mode = DELETE")  # one file, that needs no other beside it
        (found,) = target.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise BackupError(f"{origin} is damaged: {found}")
        return _contents(target)


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
    )


def _schema(store: sqlite3.Connection) -> int:
    version: int = store.execute("PRAGMA user_version").fetchone()[0]
    return version


def _tables(store: sqlite3.Connection) -> set[str]:
    return {
        name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
