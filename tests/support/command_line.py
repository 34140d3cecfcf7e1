"""The command line as people use it: a real process, which ends, or which is listened to."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass

SECONDS = 20


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


async def run(url: str, *arguments: str, told: str = "", **variables: str) -> Outcome:
    """Run a command to its end, with `told` on its standard input."""
    async with running(url, *arguments, **variables) as command:
        return await command.ends(told)


@dataclass(frozen=True)
class Running:
    """A command that goes on until it is interrupted."""

    process: Process

    async def says(self) -> str:
        """Wait for its next line on standard output."""
        assert self.process.stdout is not None
        return await _line(self.process.stdout)

    async def remarks(self) -> str:
        """Wait for its next line on standard error."""
        assert self.process.stderr is not None
        return await _line(self.process.stderr)

    async def interrupt(self) -> Outcome:
        """Press Ctrl-C, and see what is still said."""
        self.process.send_signal(signal.SIGINT)
        return await self.ends()

    async def ends(self, told: str = "") -> Outcome:
        """Wait for its end, with `told` on its standard input."""
        async with asyncio.timeout(SECONDS):
            out, err = await self.process.communicate(told.encode() if self.process.stdin else None)
        assert self.process.returncode is not None
        return Outcome(self.process.returncode, out.decode(), err.decode())


@contextlib.asynccontextmanager
async def running(url: str, *arguments: str, **variables: str) -> AsyncIterator[Running]:
    """Run a command until the end of the block, unless it has ended before."""
    process = await _start(url, *arguments, **variables)
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def _start(url: str, *arguments: str, **variables: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", "from shop.cli import main; main()"),
        *arguments,
        env={
            "PATH": os.environ["PATH"],
            "COFFEE_URL": url,
            "COFFEE_STATE_DIR": "/nonexistent",
            "COLUMNS": "200",
            **variables,
        },
        stdin=PIPE if "-" in arguments else DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )


async def _line(reader: asyncio.StreamReader) -> str:
    async with asyncio.timeout(SECONDS):
        return (await reader.readline()).decode().rstrip("\n")
