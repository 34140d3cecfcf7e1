"""A file that gets its name when it is whole and durable, or never."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import threading
import time
from pathlib import Path
from typing import Self

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
"""How file systems say that they have no links: vfat, some of FUSE, SMB and 9p."""

_LONGEST_SECONDS = 24 * 3600
"""A draft that was not written to for so long is nobody's, where there are no locks."""


class Draft:
    """A file under a name of its own in a folder of drafts.

    Its writer holds a lock on it, which ends with the writer's process. The methods block, raise
    OSError, and may be called by several threads.
    """

    def __init__(self, folder: Path) -> None:
        self._path, self._descriptor = _created(folder)
        self._is_open = True
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Have the draft discarded at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Discard the draft; the file that was named after it stays."""
        self.discard()

    def write(self, content: bytes) -> None:
        """Write all of it at the end."""
        with self._lock:
            self._refuse_if_discarded()
            left = memoryview(content)
            while left:
                left = left[os.write(self._descriptor, left) :]

    def sync(self) -> None:
        """Return once the content is durable."""
        with self._lock:
            self._refuse_if_discarded()
            os.fsync(self._descriptor)

    def stat(self) -> os.stat_result:
        """Look at the size and time of what was written."""
        with self._lock:
            self._refuse_if_discarded()
            return os.fstat(self._descriptor)

    def name(self, path: Path) -> None:
        """Give it that name, which is durable with its folder's `sync_folder`.

        Raises FileExistsError when the name is taken.
        """
        with self._lock:
            self._refuse_if_discarded()
            try:
                os.link(self._path, path)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                if path.exists():
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path) from None
                self._path.rename(path)

    def discard(self) -> None:
        """Remove the draft; again does nothing."""
        with self._lock:
            if self._is_open:
                self._is_open = False
                os.close(self._descriptor)
                self._path.unlink(missing_ok=True)

    def _refuse_if_discarded(self) -> None:
        if not self._is_open:
            raise OSError(errno.EBADF, "the draft is discarded", self._path)


def make_folder(folder: Path, top: Path | None = None) -> None:
    """Make a folder that only its owner can read, with those above it, but not `top`.

    Raises OSError, also when `top` is not there.
    """
    if not folder.is_dir():
        if folder.parent != top:
            make_folder(folder.parent, top)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)


def sync_folder(folder: Path) -> None:
    """Return once the names in a folder are durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # some of FUSE has none for folders
            raise
    finally:
        os.close(descriptor)


def remove_leftovers(folder: Path) -> None:
    """Remove the drafts of writers that were killed."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            _remove_leftover(path)


def _created(folder: Path) -> tuple[Path, int]:
    """Create a draft, and lock it before anybody takes it for a leftover and removes it."""
    while True:
        path = folder / secrets.token_hex(16)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with contextlib.suppress(OSError):  # some file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return path, descriptor
        os.close(descriptor)


def _remove_leftover(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if _is_left(descriptor):
            path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _is_left(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return time.time() - os.fstat(descriptor).st_mtime > _LONGEST_SECONDS
    return True
