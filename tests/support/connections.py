"""Records where this process connects to, before a packet is sent."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Collection, Iterator

_recording: list[tuple[list[str], Collection[int]]] = []


@contextlib.contextmanager
def recorded_connections(allowed_ports: Collection[int] = ()) -> Iterator[list[str]]:
    """Give the addresses that are connected to in the block; only the allowed ports are reached."""
    _add_hook()
    addresses: list[str] = []
    _recording.append((addresses, allowed_ports))
    try:
        yield addresses
    finally:
        _recording.pop()


@functools.cache
def _add_hook() -> None:
    """Add an audit hook, once: Python cannot remove it."""
    sys.addaudithook(_record)


def _record(event: str, args: tuple[object, ...]) -> None:
    if event != "socket.connect" or not _recording:
        return
    _, target = args
    if not isinstance(target, tuple):
        return
    addresses, allowed_ports = _recording[-1]
    addresses.append(str(target[0]))
    if target[1] not in allowed_ports:
        raise ConnectionAbortedError("the test allows no connection to this port")
