"""A witness of connections: it sees where this process connects to, before a packet leaves."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Collection, Iterator

_watching: list[tuple[list[str], Collection[int]]] = []


@contextlib.contextmanager
def dials(spared_ports: Collection[int] = ()) -> Iterator[list[str]]:
    """Give the addresses that are connected to in the block; only the spared ports are reached."""
    _begin_to_watch()
    seen: list[str] = []
    _watching.append((seen, spared_ports))
    try:
        yield seen
    finally:
        _watching.pop()


@functools.cache
def _begin_to_watch() -> None:
    """Ask Python itself to tell, for as long as the process lives, since that has no end."""
    sys.addaudithook(_hear)


def _hear(event: str, args: tuple[object, ...]) -> None:
    if event != "socket.connect" or not _watching:
        return
    _, target = args
    if not isinstance(target, tuple):
        return
    seen, spared_ports = _watching[-1]
    seen.append(str(target[0]))
    if target[1] not in spared_ports:
        raise ConnectionAbortedError("the witness lets nobody through")
