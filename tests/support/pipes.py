"""Pipes that nobody reads."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator

SMALLEST_PIPE = 4096


@contextlib.contextmanager
def full_pipe() -> Iterator[tuple[int, int]]:
    """Give the ends of a pipe that is full, and that nobody reads."""
    reader, writer = os.pipe()
    try:
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, SMALLEST_PIPE)
        os.write(writer, b"." * (SMALLEST_PIPE - 1) + b"\n")
        yield reader, writer
    finally:
        for end in (reader, writer):
            with contextlib.suppress(OSError):
                os.close(end)
