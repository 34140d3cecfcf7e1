"""Several free ports in a row."""

from __future__ import annotations

import os
import socket

_FIRST = 61_000
_OF_EACH_PROCESS = 500
"""Processes of one run look in places of their own: a port is free until its service is up."""


def free_ports(count: int) -> int:
    """Find the first of so many free ports in a row, above those that tests are given by chance."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    start = _FIRST + number * _OF_EACH_PROCESS
    for first in range(start, start + _OF_EACH_PROCESS - count, count):
        held: list[socket.socket] = []
        try:
            for port in range(first, first + count):
                held.append(socket.create_server(("127.0.0.1", port)))  # noqa: PERF401 - closed below
        except OSError:
            continue
        else:
            return first
        finally:
            for listener in held:
                listener.close()
    raise AssertionError("no ports are free")
