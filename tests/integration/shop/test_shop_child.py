"""Children are real processes: started again, stopped, killed, never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import structlog

from shop.processes.child import CannotStartError, Child
from shop.processes.program import Program, Watched
from shop.processes.supervisor import Supervisor, supervision
from tests.support.waiting import eventually, gone

IGNORES_SIGTERM = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open({ready!r}, 'x').close()
time.sleep(60)
"""
HANDLES_SIGHUP = """
import signal
def write(number, *_):
    with open({path!r}, 'a') as file:
        file.write(f'{{number}}\\n')
signal.signal(signal.SIGHUP, write)
write(0)
time.sleep(60)
"""
FINISHES_ON_SIGUSR1 = """
import signal
def write(number, *_):
    with open({path!r}, 'a') as file:
        file.write(f'{{number}}\\n')
signal.signal(signal.SIGUSR1, lambda *_: (write(1), os._exit(0)))
write(0)
time.sleep(60)
"""
NOTES_PID = """
import os, time
with open({path!r}, 'a') as file:
    file.write(f'{{os.getpid()}}\\n')
{rest}
"""


class Starts:
    """Programs that write their pid into a file, and the pids in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def program(self, rest: str, name: str = "sleeper") -> Program:
        script = NOTES_PID.format(path=str(self.path), rest=rest)
        return Program(name, (sys.executable, "-S", "-E", "-c", script), {})

    def pids(self) -> list[int]:
        return [int(line) for line in self.path.read_text().split()] if self.path.exists() else []

    async def until(self, count: int) -> list[int]:
        await eventually(lambda: len(self.pids()) >= count)
        return self.pids()


@pytest.fixture
def starts(tmp_path: Path) -> Starts:
    return Starts(tmp_path / "pids")


@pytest.fixture
async def supervisor() -> AsyncIterator[Supervisor]:
    async with supervision(5) as supervisor:
        yield supervisor


async def test_a_child_that_is_killed_is_started_again(
    supervisor: Supervisor, starts: Starts
) -> None:
    supervisor.keep(Child(starts.program("time.sleep(60)")))
    (first,) = await starts.until(1)

    os.kill(first, signal.SIGKILL)
    _, second = await starts.until(2)

    assert psutil.pid_exists(second)
    assert not psutil.pid_exists(first)


async def test_a_child_that_always_ends_is_started_at_growing_intervals(
    supervisor: Supervisor, starts: Starts
) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    supervisor.keep(Child(starts.program("")))

    await starts.until(4)

    assert loop.time() - began >= 0.1 + 0.2 + 0.4


async def test_a_stopped_child_has_ended_and_stays_so(
    supervisor: Supervisor, starts: Starts
) -> None:
    child = Child(starts.program("time.sleep(60)"))
    supervisor.keep(child)
    (pid,) = await starts.until(1)

    await supervisor.stop([child])
    await supervisor.stop([child])

    assert not psutil.pid_exists(pid)
    assert starts.pids() == [pid]


async def test_a_child_may_be_stopped_before_it_was_ever_started(
    supervisor: Supervisor, starts: Starts
) -> None:
    child = Child(starts.program("time.sleep(60)"))
    await supervisor.stop([child])

    supervisor.keep(child)
    await supervisor.stop([child])

    assert starts.pids() == []


async def test_a_child_that_waits_for_its_next_life_stops_at_once(
    supervisor: Supervisor, starts: Starts
) -> None:
    child = Child(starts.program(""))
    supervisor.keep(child)
    await starts.until(5)

    async with asyncio.timeout(0.5):
        await supervisor.stop([child])


async def test_sighup_reaches_a_child_once_it_has_settled_and_not_before(
    supervisor: Supervisor, starts: Starts
) -> None:
    started = asyncio.Event()

    async def wait_until_started() -> None:
        await started.wait()

    child = Child(starts.program(HANDLES_SIGHUP.format(path=str(starts.path))), wait_until_started)
    child.send_sighup()
    supervisor.keep(child)
    await starts.until(2)
    child.send_sighup()
    assert starts.pids()[1:] == [0]
    started.set()
    await starts.until(3)
    child.send_sighup()
    await starts.until(4)
    await supervisor.stop([child])
    child.send_sighup()
    assert starts.pids()[1:] == [0, 1, 1]


async def test_a_child_that_is_drained_finishes_and_what_follows_a_stop_follows_at_once(
    supervisor: Supervisor, starts: Starts
) -> None:
    """A worker to be drained may be in a long poll of the emulator, which then ends it."""
    followed = asyncio.Event()
    program = starts.program(FINISHES_ON_SIGUSR1.format(path=str(starts.path)))
    child = Child(program, on_stop=followed.set)
    supervisor.keep(child)
    await starts.until(2)
    assert not followed.is_set()

    child.drain()

    assert followed.is_set()
    await eventually(lambda: child.is_stopped)
    assert starts.pids()[1:] == [0, 1]


async def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    child = Child(
        Program(
            "ignores-sigterm", (sys.executable, "-c", IGNORES_SIGTERM.format(ready=str(ready))), {}
        )
    )
    async with supervision(0.2) as supervisor:
        supervisor.keep(child)
        await eventually(ready.exists)

        async with asyncio.timeout(5):
            await supervisor.stop([child])


async def test_leaving_the_supervision_kills_what_still_runs(starts: Starts) -> None:
    async with supervision(5) as supervisor:
        for _ in range(3):
            supervisor.keep(Child(starts.program("time.sleep(60)")))
        pids = await starts.until(3)

    assert not any(psutil.pid_exists(pid) for pid in pids)


async def never() -> None:
    await asyncio.Event().wait()


async def test_a_child_that_never_settles_is_given_up_on(starts: Starts) -> None:
    async with supervision(5) as supervisor:
        supervisor.keep(Child(starts.program("raise SystemExit(3)", "counter"), never, 2))

        failure = await supervisor.until(asyncio.Event())

    assert isinstance(failure, CannotStartError)
    assert str(failure) == "the counter could not be started: 2 tries, the last exit 3"
    assert len(starts.pids()) == 2


async def test_a_child_is_not_started_while_what_it_needs_is_away(
    starts: Starts, tmp_path: Path
) -> None:
    """Nor is it given up on meanwhile: its starts would all be in vain."""
    state = tmp_path / "state"
    program = replace(starts.program("raise SystemExit(3)"), needs=(tmp_path, state))
    child = Child(program, never, max_false_starts=1)
    async with supervision(5) as supervisor:
        with structlog.testing.capture_logs() as logged:
            supervisor.keep(child)
            await eventually(lambda: bool(logged))
        assert [(line["event"], line["missing"]) for line in logged] == [
            ("child.waits", str(state))
        ]
        assert child.is_down
        assert starts.pids() == []

        state.mkdir()
        failure = await supervisor.until(asyncio.Event())
    assert isinstance(failure, CannotStartError)
    assert len(starts.pids()) == 1


def test_an_empty_file_is_a_copy_that_has_just_begun(tmp_path: Path) -> None:
    store = tmp_path / "store"
    program = Program("barista", ("worker",), {}, needs=(tmp_path, store))
    assert program.missing() == store
    store.touch()
    assert program.missing() == store
    store.write_text("orders")
    assert program.missing() is None


async def test_a_child_that_is_stopped_waits_for_nothing(
    supervisor: Supervisor, starts: Starts, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    child = Child(replace(starts.program("time.sleep(60)"), needs=(state,)))
    with structlog.testing.capture_logs() as logged:
        supervisor.keep(child)
        await starts.until(1)
        state.rmdir()
        await child.stop(5)
    assert "child.waits" not in {line["event"] for line in logged}


async def test_a_child_that_waits_for_what_it_needs_can_be_stopped(
    supervisor: Supervisor, starts: Starts, tmp_path: Path
) -> None:
    child = Child(replace(starts.program(""), needs=(tmp_path / "away",)))
    with structlog.testing.capture_logs() as logged:
        supervisor.keep(child)
        await eventually(lambda: bool(logged))
    async with asyncio.timeout(1):
        await child.stop(5)
    assert child.is_stopped
    assert starts.pids() == []


async def test_a_life_whose_settling_fails_is_ended_and_another_begun(
    supervisor: Supervisor, starts: Starts
) -> None:
    failures = iter([RuntimeError("no answer")])

    async def fail_once() -> None:
        for failure in failures:
            raise failure

    child = Child(starts.program("time.sleep(60)"), fail_once, 2)
    supervisor.keep(child)

    async with asyncio.timeout(10):
        await child.started.wait()
    pids = await starts.until(1)
    assert not any(psutil.pid_exists(pid) for pid in pids[:-1])


REPORTS = """
import asyncio
from shared.runtime.lifecycle import watchdog_reports
async def main():
    async with watchdog_reports(int(os.environ['WATCHDOG'])):
        await asyncio.sleep(3)
        {then}
asyncio.run(main())
"""


def reporting(starts: Starts, then: str) -> Program:
    script = NOTES_PID.format(path=str(starts.path), rest=REPORTS.format(then=then))
    return Program("reporter", (sys.executable, "-c", script), {}, watched=Watched("WATCHDOG", 3))


async def test_a_child_whose_event_loop_hangs_is_replaced(
    supervisor: Supervisor, starts: Starts
) -> None:
    supervisor.keep(Child(reporting(starts, "time.sleep(60)")))

    (first,) = await starts.until(1)
    await eventually(lambda: len(starts.pids()) == 2, 20)

    assert gone(first)


async def test_a_child_that_reports_is_left_alone(supervisor: Supervisor, starts: Starts) -> None:
    child = Child(reporting(starts, "await asyncio.sleep(60)"))
    supervisor.keep(child)
    (first,) = await starts.until(1)
    await asyncio.sleep(8)  # longer than it may be silent

    await supervisor.stop([child])
    assert starts.pids() == [first]


async def test_a_child_that_takes_long_to_stop_is_not_taken_for_a_frozen_one(
    starts: Starts,
) -> None:
    """An emulator that saves much state has no time for reports."""
    saved = starts.path.with_name("saved")
    save = f"time.sleep(6), open({str(saved)!r}, 'w'), os._exit(0)"
    saving = f"import signal; signal.signal(15, lambda *_: ({save})); await asyncio.sleep(60)"
    async with supervision(20) as supervisor:
        child = Child(reporting(starts, saving))
        supervisor.keep(child)
        await starts.until(1)
        await asyncio.sleep(4)
        await supervisor.stop([child])

    assert saved.exists()


async def test_a_program_that_does_not_exist_is_named_as_such() -> None:
    async with supervision(5) as supervisor:
        supervisor.keep(Child(Program("ghost", ("/no/such/program",), {}), max_false_starts=1))

        failure = await supervisor.until(asyncio.Event())

    assert "No such file" in str(failure)
