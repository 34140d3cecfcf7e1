"""Files that appear under their name when they are whole and durable, or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

_OF_SQLITE = ("-journal", "-wal", "-shm")
"""What SQLite leaves beside a file when it is cut off."""


@contextlib.contextmanager
def draft_of(path: Path, before_renaming: Callable[[], None] = lambda: None) -> Iterator[Path]:
    """Make an empty file beside `path`, which only its owner can read; name it `path` at the end.

    `before_renaming` runs once the draft is durable. If anything raises, the draft is removed.
    Raises OSError.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.draft")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        error.filename = str(path)  # the draft's name means nothing to people
        raise
    try:
        yield draft
        _sync(draft)
        before_renaming()
        draft.replace(path)
        with contextlib.suppress(OSError):  # some file systems cannot do it for folders
            _sync(path.parent)
    finally:
        for suffix in ("", *_OF_SQLITE):
            draft.with_name(f"{draft.name}{suffix}").unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
