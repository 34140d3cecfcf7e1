"""Finds what a test left open: sockets, pipes, files and child processes of this process."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

_DESCRIPTORS = Path("/proc/self/fd")
_TASKS = Path("/proc/self/task")
_OURS_TO_CLOSE = ("socket:", "pipe:", "anon_inode:", "/")
_NEVER_CLOSED = ("/dev/", "/proc/", "/sys/", sys.prefix)
"""The last: libraries keep files of their own open, as matplotlib its fonts."""


_CLOSES_WITHIN = 2.0
_kept: set[str] = set()


def open_now() -> Mapping[str, str]:
    """Give each open descriptor and each child by a key that is never used twice."""
    found = {}
    for descriptor in list(_DESCRIPTORS.iterdir()):
        with suppress(OSError):  # closed meanwhile: that of this listing itself
            target = str(descriptor.readlink())
            if target.startswith(_OURS_TO_CLOSE) and not target.startswith(_NEVER_CLOSED):
                found[f"{target} ({descriptor.name})"] = target
    return found | {f"child {pid}": f"child {pid}" for pid in _children()}


@contextmanager
def kept_open() -> Iterator[None]:
    """Allow what is opened in the block to stay: a server that all tests share."""
    before = open_now()
    yield
    _kept.update(open_now().keys() - before.keys())


def left_open(before: Mapping[str, str]) -> list[str]:
    """Give what is open now and was not before, once the garbage is collected.

    The other side of a connection may be a thread of this process, which closes it a little later.
    """
    if not (found := _new_since(before)):
        return []
    gc.collect()
    until = time.monotonic() + _CLOSES_WITHIN
    while (found := _new_since(before)) and time.monotonic() < until:
        time.sleep(0.02)
    return sorted(found)


def _new_since(before: Mapping[str, str]) -> set[str]:
    return open_now().keys() - before.keys() - _kept


def _children() -> list[str]:
    pids: list[str] = []
    for task in _TASKS.iterdir():
        with suppress(OSError):
            pids += (task / "children").read_text().split()
    return pids
