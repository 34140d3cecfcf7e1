"""A shop as `make run` opens it: the default settings, but a folder and a port of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.support.emulator import free_port

ROOT = Path(__file__).parents[1]
OPEN = b"The shop is open at "
OPENING_SECONDS, CLOSING_SECONDS = 60.0, 60.0
_NOT_PASSED_ON = ("COFFEE_", "MAKE", "MFLAGS", "PYTHON")
"""What a person's shell would not set, and `make bench` does."""


@dataclass(frozen=True, slots=True)
class MadeRun:
    """A shop that opens, or is open; its log is a file of JSON lines."""

    make: asyncio.subprocess.Process
    url: str
    log: Path

    def processes(self) -> list[psutil.Process]:
        """List the supervisor and its children; raises psutil.NoSuchProcess when it has ended."""
        (supervisor,) = psutil.Process(self.make.pid).children()
        return [supervisor, *supervisor.children()]

    async def close(self) -> None:
        """Close the shop as Ctrl-C does, and wait for its end."""
        with contextlib.suppress(psutil.NoSuchProcess, ValueError):
            self.processes()[0].terminate()
        async with asyncio.timeout(CLOSING_SECONDS):
            await self.make.wait()


async def until_open(shop: MadeRun) -> None:
    """Wait until the shop says that it is open; raises TimeoutError."""
    async with asyncio.timeout(OPENING_SECONDS):
        while OPEN not in shop.log.read_bytes():  # noqa: ASYNC110 - a small file of ours
            await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def make_run(
    folder: Path, variables: Mapping[str, str] | None = None, root: Path = ROOT
) -> AsyncIterator[MadeRun]:
    """Run `make run` with its state in `folder`; the block begins before the shop is open.

    `root` is where the shop's code is, if it is not this one's.
    """
    port = free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED_ON)}
    log = folder.with_suffix(".log")
    with log.open("ab") as file:
        make = await asyncio.create_subprocess_exec(
            *("make", "--silent", "run"),
            cwd=root,
            env={
                **own,
                "COFFEE_STATE_DIR": str(folder),
                "COFFEE_PORT": str(port),
                **(variables or {}),
            },
            stdout=file,
            stderr=file,
        )
    shop = MadeRun(make, f"http://127.0.0.1:{port}", log)
    try:
        yield shop
    finally:
        await shop.close()
