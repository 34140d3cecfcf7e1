"""Tests marked `alone` measure times: nothing is tested beside them, in no process of the run.

Each test of a process that runs beside others holds one lock for as long as it runs, together with
them; one that is marked holds it for itself. Who waits for that stands in the door meanwhile, so
that no other test begins.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Wait before the test and all that it needs begins, and so outside its time limit."""
    if not hasattr(item.config, "workerinput"):  # of pytest-xdist: this is the only process
        return (yield)
    folder = Path(item.config.getoption("basetemp")).parent  # each process has one in there
    with _room(folder, alone=item.get_closest_marker("alone") is not None):
        return (yield)


@contextlib.contextmanager
def _room(folder: Path, *, alone: bool) -> Iterator[None]:
    with (folder / "door").open("w") as door, (folder / "room").open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        if not alone:
            fcntl.flock(door, fcntl.LOCK_UN)
        yield
