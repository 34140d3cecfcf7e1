"""Several processes on one file, one of which is killed."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.support.sqlite_writer import MODULE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "orders.sqlite3"


@contextlib.contextmanager
def writer(path: Path, name: str, count: int) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", MODULE, str(path), name, str(count)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def acknowledged(process: subprocess.Popen[str]) -> dict[str, str]:
    """Read all that a writer prints: order ids and their numbers."""
    assert process.stdout is not None
    return read(process.stdout.read().splitlines(keepends=True))


def read(lines: Iterable[str]) -> dict[str, str]:
    whole = [line.split() for line in lines if line.endswith("\n")]
    return {order_id: number for order_id, number in whole}  # noqa: C416 - typed pairs


def recorded(path: Path) -> dict[str, str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return dict(connection.execute("SELECT id, number FROM orders").fetchall())


def test_processes_that_write_at_once_lose_no_order_and_repeat_no_number(path: Path) -> None:
    with (
        writer(path, "ada", 160) as ada,
        writer(path, "grace", 160) as grace,
        writer(path, "edsger", 160) as edsger,
    ):
        outputs = [acknowledged(process) for process in (ada, grace, edsger)]
        assert [process.wait(10) for process in (ada, grace, edsger)] == [0, 0, 0]

    everything = {id_: number for each in outputs for id_, number in each.items()}
    assert [len(each) for each in outputs] == [160, 160, 160]
    assert recorded(path) == everything
    assert set(everything.values()) == {f"{number:03d}" for number in range(1, 481)}


def test_a_process_that_is_killed_loses_no_acknowledged_order(path: Path) -> None:
    everything: dict[str, str] = {}
    for round_, until in enumerate((1, 17, 60, 230, 500)):
        with (
            writer(path, f"victim-{round_}", 1_000_000) as victim,
            writer(path, f"survivor-{round_}", 80) as survivor,
        ):
            assert victim.stdout is not None
            printed = [victim.stdout.readline() for _ in range(until)]
            victim.kill()
            everything |= read(printed)
            everything |= acknowledged(victim)
            everything |= acknowledged(survivor)
            assert survivor.wait(10) == 0

        found = recorded(path)
        assert {id_: found.get(id_) for id_ in everything} == everything
        assert len(set(found.values())) == len(found)
