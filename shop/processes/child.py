"""One child process: started again whenever it ends, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable

import structlog

from shop.processes.program import Program, describe
from shop.processes.restart import Restarts, after_life

log = structlog.stdlib.get_logger(__name__)

STANDARD_ERROR = 2


class CannotStartError(Exception):
    """A program ended before it had settled, several times in a row."""

    def __init__(self, name: str, starts: int, ending: str) -> None:
        super().__init__(f"the {name} could not be started: {starts} tries, the last {ending}")
        self.name = name


async def at_once() -> None:
    """Settle without waiting for anything."""


class Child:
    """Keeps one program running.

    `settle` is awaited in each life of the program: when it returns the program has started
    well, and when it fails that life is over. After `patience` lives in a row that ended before
    they had settled, `keep` raises CannotStartError; without patience it goes on for ever.
    """

    def __init__(
        self,
        program: Program,
        settle: Callable[[], Awaitable[None]] = at_once,
        patience: int | None = None,
    ) -> None:
        self._program = program
        self._settle = settle
        self._patience = patience
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._at_rest = asyncio.Event()
        self._at_rest.set()
        self._missing = False
        self._hangup_owed = False
        self.settled = asyncio.Event()

    @property
    def name(self) -> str:
        """What the log calls it."""
        return self._program.name

    @property
    def at_rest(self) -> bool:
        """Whether nothing runs, or will run again unless it is kept once more."""
        return self._at_rest.is_set()

    @property
    def missing(self) -> bool:
        """Whether the program has ended by itself, and has not been started again yet."""
        return self._missing

    async def keep(self) -> None:
        """Run the program over and over until `stop`; cancelling this kills the program."""
        restarts = Restarts()
        self._at_rest.clear()
        try:
            while not self._stopping.is_set():
                restarts = await self._one_more(restarts)
        finally:
            self._at_rest.set()

    async def stop(self, seconds: float) -> None:
        """Ask the program to end (SIGTERM), and kill it when it has not after so many seconds."""
        self._stopping.set()
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(seconds):
                await self._at_rest.wait()
        except TimeoutError:
            log.warning("child.killed", child=self.name, after=seconds)
            self._signal(signal.SIGKILL)
            await self._at_rest.wait()

    def leave(self) -> None:
        """Ask the program to end once it has finished what it has begun (SIGUSR1).

        That may take as long as it takes; `stop` ends it sooner.
        """
        self._stopping.set()
        self._signal(signal.SIGUSR1)

    def hang_up(self) -> None:
        """Tell the program by SIGHUP that its surroundings have changed, as soon as it has settled.

        Before that it may not know what the signal means, and may have looked at them already.
        """
        self._hangup_owed = not self.settled.is_set()
        if self.settled.is_set():
            self._signal(signal.SIGHUP)

    async def _one_more(self, restarts: Restarts) -> Restarts:
        began = time.monotonic()
        ending = await self._live()
        lived = time.monotonic() - began
        if self._stopping.is_set():
            log.info("child.stopped", child=self.name, ending=ending)
            return restarts
        self._missing = True
        restarts = after_life(restarts, lived, settled=self.settled.is_set())
        log.warning("child.exited", child=self.name, ending=ending, lived=round(lived, 1))
        if restarts.false_starts == self._patience:
            raise CannotStartError(self.name, restarts.false_starts, ending)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(restarts.pause):
                await self._stopping.wait()
        return restarts

    async def _live(self) -> str:
        self.settled.clear()
        self._hangup_owed = False
        try:
            self._process = process = await self._start()
        except OSError as error:
            return f"not run: {error.strerror}"
        if self._stopping.is_set():
            self._signal(signal.SIGTERM)
        settling = asyncio.create_task(self._settle_in(), name=f"settle {self.name}")
        try:
            return describe(await process.wait())
        finally:
            self._signal(signal.SIGKILL)
            settling.cancel()
            await asyncio.wait([settling])
            await process.wait()

    async def _start(self) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *self._program.command,
            env={**os.environ, **self._program.variables},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=STANDARD_ERROR,
            pass_fds=self._program.descriptors,
            start_new_session=True,  # so that a terminal's Ctrl-C reaches the supervisor alone
        )
        self._missing = False
        log.info("child.started", child=self.name, pid=process.pid)
        return process

    async def _settle_in(self) -> None:
        try:
            await self._settle()
        except Exception as error:  # noqa: BLE001 - whatever it was, this life has failed
            log.warning("child.unsettled", child=self.name, error=str(error) or repr(error))
            self._signal(signal.SIGKILL)
        else:
            self.settled.set()
            if self._hangup_owed:
                self.hang_up()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
