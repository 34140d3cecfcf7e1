"""More baristas and fewer of them, as real processes."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shop.processes.child import Child
from shop.processes.program import Program
from shop.processes.supervisor import supervision
from shop.processes.worker_pool import Baristas
from tests.support.waiting import eventually

AT_WORK = """
import pathlib, signal, sys, time
mark = pathlib.Path(sys.argv[1])
def leave(*_):
    while not pathlib.Path(sys.argv[2]).exists():
        time.sleep(0.01)
    mark.unlink()
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
signal.signal(signal.SIGUSR1, leave)
mark.touch()
time.sleep(60)
"""
"""A barista that leaves when its last order is finished, which the test decides."""


class Crew:
    def __init__(self, folder: Path, baristas: Baristas) -> None:
        self._folder = folder
        self.baristas = baristas

    def at_work(self) -> list[str]:
        return sorted(mark.name for mark in self._folder.glob("barista-*"))

    async def are(self, *numbers: int) -> None:
        await eventually(lambda: self.at_work() == [f"barista-{number}" for number in numbers])

    def finish_last_orders(self) -> None:
        (self._folder / "finished").touch()


@pytest.fixture
async def crew(tmp_path: Path) -> AsyncIterator[Crew]:
    def hire(number: int) -> Child:
        name = f"barista-{number}"
        marks = (str(tmp_path / name), str(tmp_path / "finished"))
        return Child(Program(name, (sys.executable, "-S", "-c", AT_WORK, *marks), {}))

    async with supervision(10) as supervisor:
        yield Crew(tmp_path, Baristas(supervisor, hire))


async def test_there_are_as_many_baristas_as_asked_for(crew: Crew) -> None:
    crew.baristas.scale_to(3)

    await crew.are(1, 2, 3)
    assert crew.baristas.count == 3


async def test_the_newest_leave_first_and_only_after_their_last_order(crew: Crew) -> None:
    crew.baristas.scale_to(3)
    await crew.are(1, 2, 3)

    crew.baristas.scale_to(1)

    assert crew.baristas.count == 1
    assert len(crew.baristas.all()) == 3
    await crew.are(1, 2, 3)
    crew.finish_last_orders()
    await crew.are(1)


async def test_a_number_is_given_out_again_only_when_its_barista_is_gone(crew: Crew) -> None:
    crew.baristas.scale_to(2)
    await crew.are(1, 2)
    crew.baristas.scale_to(1)

    crew.baristas.scale_to(2)
    await crew.are(1, 2, 3)
    crew.finish_last_orders()
    await eventually(lambda: len(crew.baristas.all()) == 2)

    crew.baristas.scale_to(3)
    await crew.are(1, 2, 3)


async def test_idle_ones_leave_first_and_of_those_the_newest(crew: Crew) -> None:
    crew.baristas.scale_to(4)
    await crew.are(1, 2, 3, 4)
    crew.finish_last_orders()

    crew.baristas.scale_to(2, {"barista-1": 1, "barista-3": 4})

    await crew.are(1, 3)
    crew.baristas.scale_to(1, {"barista-1": 2, "barista-3": 1})
    await crew.are(1)


async def test_those_who_die_are_not_at_work_until_they_are_back(tmp_path: Path) -> None:
    may_live = tmp_path / "may-live"
    live = f"import os, time; os.path.exists({str(may_live)!r}) and time.sleep(60)"

    def hire(number: int) -> Child:
        return Child(Program(f"barista-{number}", (sys.executable, "-S", "-c", live), {}))

    async with supervision(10) as supervisor:
        baristas = Baristas(supervisor, hire)
        baristas.scale_to(2)
        await eventually(lambda: baristas.at_work == 0)
        assert baristas.count == 2

        may_live.touch()
        await eventually(lambda: baristas.at_work == 2)
