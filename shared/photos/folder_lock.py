"""A lock on a folder that may be deleted by whoever holds it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from shared.photos.draft import make_folder


@contextlib.contextmanager
def folder_lock(folder: Path, top: Path | None, *, wait: bool) -> Iterator[bool]:
    """Make a folder below `top` if it is not there, and keep others who lock it away for the block.

    Gives whether that was possible: some file systems have no locks, and without `wait` somebody
    else may have it. The lock ends with the process. Raises OSError.
    """
    descriptor, is_locked = _locked(folder, top, 0 if wait else fcntl.LOCK_NB)
    try:
        yield is_locked
    finally:
        os.close(descriptor)


def _locked(folder: Path, top: Path | None, flags: int) -> tuple[int, bool]:
    while True:
        make_folder(folder, top)
        with contextlib.suppress(FileNotFoundError):  # it was deleted just now
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            is_locked = _lock(descriptor, flags)
            if _is_at(folder, descriptor):
                return descriptor, is_locked
            os.close(descriptor)


def _lock(descriptor: int, flags: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | flags)
    except OSError:
        return False
    return True


def _is_at(folder: Path, descriptor: int) -> bool:
    """Return whether it is the folder of that name: one that was deleted stays open, and locked."""
    try:
        found = folder.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(found, os.fstat(descriptor))
