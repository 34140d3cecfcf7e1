"""A pool that grows and shrinks, of real processes."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shop.processes.child import Child
from shop.processes.program import Program
from shop.processes.supervisor import supervision
from shop.processes.worker_pool import WorkerPool
from tests.support.waiting import eventually

WORKER = """
import pathlib, signal, sys, time
marker = pathlib.Path(sys.argv[1])
def leave(*_):
    while not pathlib.Path(sys.argv[2]).exists():
        time.sleep(0.01)
    marker.unlink()
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
signal.signal(signal.SIGUSR1, leave)
marker.touch()
time.sleep(60)
"""
"""A worker that ends when its last order is finished, which the test decides."""


class Workers:
    def __init__(self, folder: Path, pool: WorkerPool) -> None:
        self._folder = folder
        self.pool = pool

    def alive(self) -> list[str]:
        return sorted(marker.name for marker in self._folder.glob("barista-*"))

    async def are(self, *numbers: int) -> None:
        await eventually(lambda: self.alive() == [f"barista-{number}" for number in numbers])

    def finish_last_orders(self) -> None:
        (self._folder / "finished").touch()


@pytest.fixture
async def workers(tmp_path: Path) -> AsyncIterator[Workers]:
    def new_worker(number: int) -> Child:
        name = f"barista-{number}"
        files = (str(tmp_path / name), str(tmp_path / "finished"))
        return Child(Program(name, (sys.executable, "-S", "-c", WORKER, *files), {}))

    async with supervision(10) as supervisor:
        yield Workers(tmp_path, WorkerPool("baristas", supervisor, new_worker))


async def test_there_are_as_many_baristas_as_asked_for(workers: Workers) -> None:
    workers.pool.scale_to(3)

    await workers.are(1, 2, 3)
    assert workers.pool.count == 3


async def test_the_newest_leave_first_and_only_after_their_last_order(workers: Workers) -> None:
    workers.pool.scale_to(3)
    await workers.are(1, 2, 3)

    workers.pool.scale_to(1)

    assert workers.pool.count == 1
    assert len(workers.pool.all()) == 3
    await workers.are(1, 2, 3)
    workers.finish_last_orders()
    await workers.are(1)


async def test_a_number_is_given_out_again_only_when_its_barista_is_gone(workers: Workers) -> None:
    workers.pool.scale_to(2)
    await workers.are(1, 2)
    workers.pool.scale_to(1)

    workers.pool.scale_to(2)
    await workers.are(1, 2, 3)
    workers.finish_last_orders()
    await eventually(lambda: len(workers.pool.all()) == 2)

    workers.pool.scale_to(3)
    await workers.are(1, 2, 3)


async def test_idle_ones_leave_first_and_of_those_the_newest(workers: Workers) -> None:
    workers.pool.scale_to(4)
    await workers.are(1, 2, 3, 4)
    workers.finish_last_orders()

    workers.pool.scale_to(2, {"barista-1": 1, "barista-3": 4})

    await workers.are(1, 3)
    workers.pool.scale_to(1, {"barista-1": 2, "barista-3": 1})
    await workers.are(1)


async def test_workers_that_die_are_not_alive_until_they_are_restarted(tmp_path: Path) -> None:
    may_live = tmp_path / "may-live"
    live = f"import os, time; os.path.exists({str(may_live)!r}) and time.sleep(60)"

    def new_worker(number: int) -> Child:
        return Child(Program(f"barista-{number}", (sys.executable, "-S", "-c", live), {}))

    async with supervision(10) as supervisor:
        pool = WorkerPool("baristas", supervisor, new_worker)
        pool.scale_to(2)
        await eventually(lambda: pool.alive == 0)
        assert pool.count == 2

        may_live.touch()
        await eventually(lambda: pool.alive == 2)
