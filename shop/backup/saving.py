"""Saves a store as a backup, in a file that may be written over."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shop.backup.copying import (
    STEP_PAGES,
    BackupError,
    Contents,
    MisusedError,
    Progress,
    check_copy,
    copy_store,
    draft_connection,
    is_store,
    opened,
    refuse_odd_file,
)
from shop.backup.drafts import draft_of
from shop.backup.photo_files import photos_beside

_SUFFIXES = ("", "-wal", "-shm", "-journal")
"""Of the files of one store (https://sqlite.org/tempfiles.html)."""


def save_store(
    store: Path,
    photos: Path | None,
    backup: Path,
    progress: Progress,
    *,
    force: bool,
    step_pages: int = STEP_PAGES,
) -> Contents:
    """Copy a store that may be in use into a file, with the folder of its photos if there is one.

    Everything that was acknowledged before is in it; writers do not wait. `force` writes over an
    older backup. Of a symbolic link, the
    target is written. Raises BackupError, OSError.
    """
    if not store.exists():
        raise BackupError(
            f"There are no orders in {store.parent}/; COFFEE_STATE_DIR names another."
        )
    target = Path(os.path.realpath(backup))
    _check_target(target, store, force=force)
    with (
        draft_of(target) as draft,
        _readable(store) as source,
        draft_connection(draft) as copy,
    ):
        with photos_beside(copy, photos):
            copy_store(source, store, copy, progress, step_pages)
        return check_copy(copy, store)


@contextmanager
def _readable(store: Path) -> Iterator[sqlite3.Connection]:
    """Connect to a store, to read it.

    SQLite writes its log into the store's folder. Where it may not, a store that is closed is
    read without one, and without a lock. Raises BackupError, also if it has changed meanwhile.
    """
    own = Path(os.path.realpath(store))
    has_log = own.with_name(f"{own.name}-wal").exists()
    if has_log or os.access(own.parent, os.W_OK):
        with opened(store, "rw") as source:
            yield source
        return
    before = own.stat()
    with opened(store, "ro&immutable=1") as source:
        yield source
    after = own.stat()
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        raise BackupError(f"{store} was opened and changed meanwhile; try again.")


def _check_target(target: Path, store: Path, *, force: bool) -> None:
    """Refuse to write over anything but an older backup, and that without `force`."""
    if _is_of(store, target):
        raise MisusedError(f"{target} belongs to the store itself; name another file.")
    refuse_odd_file(target)
    if not target.parent.is_dir():
        raise BackupError(f"There is no folder {target.parent}/.")
    for log in (target.with_name(f"{target.name}{suffix}") for suffix in ("-wal", "-journal")):
        if log.exists():  # SQLite would apply it to the backup
            raise BackupError(f"{log} is the log of another store; name another file.")
    if not target.exists():
        return
    if not force:
        raise BackupError(f"{target} is there already; --force writes over an older backup.")
    if not is_store(target):
        raise MisusedError(f"{target} is no backup, so --force does not write over it.")


def _is_of(store: Path, target: Path) -> bool:
    own = Path(os.path.realpath(store))
    files = [own.with_name(f"{own.name}{suffix}") for suffix in _SUFFIXES]
    return target in files or (
        target.exists() and any(file.exists() and target.samefile(file) for file in files)
    )
