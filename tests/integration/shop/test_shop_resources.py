"""The state folder, the port and the lifeline, each with a real second process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from shop.processes.lock import StateDirError, locked
from shop.processes.resources import PortError, listen
from tests.support.waiting import eventually, gone

HOLDER = """
import sys, time
from pathlib import Path
from shop.processes.lock import locked
with locked(Path(sys.argv[1])):
    print('locked', flush=True)
    time.sleep(float(sys.argv[2]))
"""
CHILD = """
import asyncio, os, sys
from pathlib import Path
from shared.runtime.lifecycle import stop_requested

async def main():
    async with stop_requested(int(os.environ['COFFEE_LIFELINE_FD'])) as stop:
        print('up', os.getpid(), file=sys.stderr, flush=True)
        await stop.wait()
        Path(sys.argv[1]).write_text('stopped cleanly')

asyncio.run(main())
"""
PARENT = f"""
import asyncio, sys
from pathlib import Path
from shop.processes.child import Child
from shop.processes.program import Program
from shop.processes.resources import acquired_resources
from shop.processes.signals import stop_signals
from shop.processes.supervisor import supervision

async def main(resources):
    variables = {{'COFFEE_LIFELINE_FD': str(resources.lifeline)}}
    command = (sys.executable, '-c', {CHILD!r}, sys.argv[2])
    child = Child(Program('child', command, variables, (resources.lifeline, resources.lock)))
    async with stop_signals() as stop, supervision(5) as supervisor:
        supervisor.keep(child)
        await supervisor.until(stop)
        await supervisor.stop([child])

with acquired_resources('127.0.0.1', 0, Path(sys.argv[1])) as resources:
    asyncio.run(main(resources))
"""


@contextlib.contextmanager
def holder(state_dir: Path, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", HOLDER, str(state_dir), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        yield process
        process.kill()


@contextlib.contextmanager
def parent(state_dir: Path, note: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A supervisor with one child, whose pid comes second."""
    command = [sys.executable, "-c", PARENT, str(state_dir), str(note)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        child = next(int(line.split()[1]) for line in process.stderr if line.startswith(b"up "))
        yield process, child
        process.kill()


def test_a_second_shop_names_the_process_that_holds_the_folder(tmp_path: Path) -> None:
    with (
        holder(tmp_path, 60) as process,
        pytest.raises(StateDirError) as refused,
        locked(tmp_path, seconds=0.1),
    ):
        pass

    assert f"Another shop (process {process.pid}) is open in {tmp_path}/" in str(refused.value)


def test_a_shop_waits_for_the_last_one_to_save_its_state(tmp_path: Path) -> None:
    with holder(tmp_path, 0.3), locked(tmp_path, seconds=10):
        assert (tmp_path / "shop.lock").read_text() == f"{os.getpid()}\n"


def test_a_killed_shop_leaves_no_lock_behind(tmp_path: Path) -> None:
    with holder(tmp_path, 60) as process:
        process.kill()
        process.wait(10)

        with locked(tmp_path, seconds=0):
            pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with (
        pytest.raises(StateDirError, match=r"file/var/ cannot be written: Not a directory"),
        locked(tmp_path / "file" / "var"),
    ):
        pass


def test_the_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    with locked(tmp_path / "var"):
        assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700


def test_a_port_in_use_is_named_with_its_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(PortError, match=rf"Port {port} is in use.*COFFEE_PORT"):
            listen("127.0.0.1", port, seconds=0)


def test_a_host_that_is_not_this_machine_is_named_with_its_variable() -> None:
    with pytest.raises(PortError, match=r"cannot listen on 192\.0\.2\.1.*COFFEE_HOST"):
        listen("192.0.2.1", 0, seconds=0)


async def test_children_stop_cleanly_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "note"
    with parent(tmp_path, note) as (process, child):
        process.kill()
        await eventually(lambda: gone(child))

    assert note.read_text() == "stopped cleanly"


async def test_the_folder_is_held_until_the_last_child_of_a_killed_supervisor_is_gone(
    tmp_path: Path,
) -> None:
    with parent(tmp_path, tmp_path / "note") as (process, child):
        os.kill(child, signal.SIGSTOP)
        process.kill()
        process.wait(10)
        with (
            pytest.raises(StateDirError, match=r"was killed.*try again in a moment"),
            locked(tmp_path, seconds=0.2),
        ):
            pass

        os.kill(child, signal.SIGCONT)
        await eventually(lambda: gone(child))
        with locked(tmp_path, seconds=0):
            pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_to_the_supervisor_stops_the_children_first(
    tmp_path: Path, number: signal.Signals
) -> None:
    note = tmp_path / "note"
    with parent(tmp_path, note) as (process, child):
        process.send_signal(number)

        assert await asyncio.to_thread(process.wait, 10) == 0
        assert not psutil.pid_exists(child)
    assert note.read_text() == "stopped cleanly"


async def test_a_second_signal_kills_children_that_take_their_time(tmp_path: Path) -> None:
    with parent(tmp_path, tmp_path / "note") as (process, child):
        os.kill(child, signal.SIGSTOP)
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            await asyncio.to_thread(process.wait, 0.3)
        process.send_signal(signal.SIGINT)

        assert await asyncio.to_thread(process.wait, 10) != 0
        assert not psutil.pid_exists(child)
