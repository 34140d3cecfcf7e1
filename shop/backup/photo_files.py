"""Copies the folder of photos into a backup, and out of it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path, PurePosixPath

from shared.photos.draft import Draft, make_folder, sync_folder
from shared.photos.names import is_item, is_rendition, is_sequencer
from shop.backup.copying import BackupError
from shop.backup.photo_table import (
    HeldFile,
    add_file,
    copy_waiting,
    held_files,
    make_table,
    read_file,
    remove_table,
)


@contextmanager
def photos_beside(copy: sqlite3.Connection, folder: Path | None) -> Iterator[None]:
    """Copy the photos in a folder into a backup, whose store is copied in the block.

    An upload is deleted once it is recorded what became of it, and renditions are there before
    that is recorded. So uploads are read before the store, and renditions after it: one that is
    looked at meanwhile is in the backup in one way or the other, or in both.
    """
    if folder is None:
        yield
        return
    copy.execute("ATTACH '' AS waiting")  # a temporary file, since the store's copy replaces `main`
    make_table(copy, "waiting")
    _add_all(copy, folder / "uploads", "waiting")
    yield
    make_table(copy)
    copy_waiting(copy)
    copy.execute("DETACH waiting")
    _add_all(copy, folder / "shops", "main")


def restore_photos(draft: Path, folder: Path | None) -> None:
    """Write the photos of a backup's copy to a folder, and take them out of the copy.

    Those that the folder has stay as they are. Raises BackupError and OSError.
    """
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as copy:
            if folder is not None:
                _write_all(copy, folder)
            remove_table(copy)
    except sqlite3.Error as error:
        raise BackupError(f"The photos of the backup cannot be read: {error}") from error


def _add_all(copy: sqlite3.Connection, folder: Path, schema: str) -> None:
    copy.execute("BEGIN")
    for path in _files_in(folder):
        with suppress(FileNotFoundError), path.open("rb") as content:  # it was looked at meanwhile
            found = os.fstat(content.fileno())
            name = path.relative_to(folder.parent).as_posix()
            add_file(copy, HeldFile(0, name, found.st_mtime_ns, found.st_size), content, schema)
    copy.execute("COMMIT")


def _files_in(folder: Path) -> Iterator[Path]:
    """Find the files of a photo store's folder; raises OSError if part of it cannot be read."""
    for above, _, names in os.walk(folder, onerror=_raise_unless_missing):
        for path in (Path(above) / name for name in sorted(names)):
            if _is_ours(path.relative_to(folder.parent).as_posix()):
                yield path


def _raise_unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _write_all(copy: sqlite3.Connection, folder: Path) -> None:
    changed: set[Path] = set()
    for file in held_files(copy):
        if not _is_ours(file.path):
            raise BackupError(f"The backup is damaged: a photo in it is called {file.path!r}.")
        path = folder / file.path
        if not path.exists():
            _write(copy, file, path, folder / "drafts")
            changed |= {folder.parent, *(folder / each for each in Path(file.path).parents)}
    for each in changed:
        sync_folder(each)


def _write(copy: sqlite3.Connection, file: HeldFile, path: Path, drafts: Path) -> None:
    make_folder(drafts)
    make_folder(path.parent)
    with Draft(drafts) as draft:
        for piece in read_file(copy, file):
            draft.write(piece)
        draft.sync()
        draft.name(path)
    os.utime(path, ns=(file.modified_ns, file.modified_ns))  # an upload came at that time


def _is_ours(name: str) -> bool:
    """Return whether a path is one of a photo store, and so of nothing outside of it."""
    match PurePosixPath(name).parts:
        case ("uploads", store_id, item, sequencer):
            return is_item(store_id) and is_item(item) and is_sequencer(sequencer)
        case ("shops", store_id, "photos", photo, rendition):
            return is_item(store_id) and is_rendition(photo, rendition)
        case _:
            return False
