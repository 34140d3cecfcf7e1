"""The command line as people use it: a real process, read to its end or line by line.

Loading the commands takes half a second, so each process is forked from one that has loaded them.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from multiprocessing import forkserver, resource_tracker
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import DupFd
from pathlib import Path

from tests.support import command_process
from tests.support.leaks import kept_open

SECONDS = 20

LOADED = multiprocessing.get_context("forkserver")
LOADED.set_forkserver_preload([command_process.__name__])


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


async def run(url: str, *arguments: str, stdin: str = "", **variables: str) -> Outcome:
    """Run a command at a shop to its end, with `stdin` on its standard input."""
    async with running(url, *arguments, stdin=stdin, **variables) as command:
        return await command.ends()


async def coffeeshop(*arguments: str, stdin: str = "", **variables: str) -> Outcome:
    """Run a command to its end, with no more variables than these."""
    async with _started(arguments, stdin, variables) as command:
        return await command.ends()


@dataclass(frozen=True)
class Running:
    """A command that goes on until it is interrupted."""

    process: BaseProcess
    out: asyncio.StreamReader
    err: asyncio.StreamReader

    async def says(self) -> str:
        """Wait for its next line on standard output."""
        return await _line(self.out)

    async def remarks(self) -> str:
        """Wait for its next line on standard error."""
        return await _line(self.err)

    async def interrupt(self) -> Outcome:
        """Send SIGINT, as Ctrl-C does, and return the rest of the output."""
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGINT)
        return await self.ends()

    async def ends(self) -> Outcome:
        """Wait for its end."""
        async with asyncio.timeout(SECONDS):
            out, err = await asyncio.gather(self.out.read(), self.err.read())
            await asyncio.to_thread(self.process.join)
        assert self.process.exitcode is not None
        return Outcome(self.process.exitcode, out.decode(), err.decode())


@contextlib.asynccontextmanager
async def running(
    url: str, *arguments: str, stdin: str = "", **variables: str
) -> AsyncIterator[Running]:
    """Run a command at a shop until the end of the block, unless it has ended before."""
    at_shop = {"COFFEE_URL": url, "COLUMNS": "200", **variables}
    async with _started(arguments, stdin, at_shop) as command:
        yield command


@contextlib.asynccontextmanager
async def _started(
    arguments: tuple[str, ...], stdin: str, variables: dict[str, str]
) -> AsyncIterator[Running]:
    environment = {"PATH": os.environ["PATH"], "COFFEE_STATE_DIR": "/nonexistent", **variables}
    _ready_to_fork()
    given, out, err = _stdin_of(stdin), *(os.pipe() for _ in range(2))
    theirs = (given, out[1], err[1])
    process = LOADED.Process(
        target=command_process.run,
        args=(arguments, environment, [DupFd(number) for number in theirs]),
    )
    process.start()
    for number in theirs:
        os.close(number)
    command = Running(process, await _reader(out[0]), await _reader(err[0]))
    try:
        yield command
    finally:
        process.kill()
        await command.ends()
        process.close()


@functools.cache
def _ready_to_fork() -> None:
    """Start the process that the commands are forked from; it stays until the tests end."""
    with kept_open():
        forkserver.ensure_running()
        resource_tracker.ensure_running()
        with Path(os.devnull).open() as nothing:  # the first starts what hands descriptors on
            DupFd(nothing.fileno())


def _stdin_of(text: str) -> int:
    """Make a standard input that holds this text and then ends."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as end:
        end.write(text)
    return reading


async def _reader(number: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(number, "rb")
    )
    return reader


async def _line(reader: asyncio.StreamReader) -> str:
    async with asyncio.timeout(SECONDS):
        return (await reader.readline()).decode().rstrip("\n")
