"""One child process, started again whenever it ends, until it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable

import structlog

from shop.processes.program import Program, Restarts, after_exit, describe

log = structlog.stdlib.get_logger(__name__)

STANDARD_ERROR = 2


class CannotStartError(Exception):
    """A program ended before it had started, several times in a row."""

    def __init__(self, name: str, starts: int, ending: str) -> None:
        super().__init__(f"the {name} could not be started: {starts} tries, the last {ending}")
        self.name = name


async def started_at_once() -> None:
    """Count the program as started without waiting for anything."""


class Child:
    """Keeps one program running.

    Each run of the program awaits `wait_until_started`: when it returns, the program has started;
    when it fails, the program is killed. After `max_false_starts` runs in a row that ended before
    they had started, `keep` raises CannotStartError; without a maximum it never gives up.
    """

    def __init__(
        self,
        program: Program,
        wait_until_started: Callable[[], Awaitable[None]] = started_at_once,
        max_false_starts: int | None = None,
    ) -> None:
        self._program = program
        self._wait_until_started = wait_until_started
        self._max_false_starts = max_false_starts
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()
        self._stopped.set()
        self._is_down = False
        self._sighup_pending = False
        self.started = asyncio.Event()

    @property
    def name(self) -> str:
        """Its name in the log."""
        return self._program.name

    @property
    def is_stopped(self) -> bool:
        """Whether nothing runs, nor will unless it is kept again."""
        return self._stopped.is_set()

    @property
    def is_down(self) -> bool:
        """Whether the program has ended by itself and was not started again yet."""
        return self._is_down

    async def keep(self) -> None:
        """Run the program over and over until `stop`; cancelling this kills the program."""
        restarts = Restarts()
        self._stopped.clear()
        try:
            while not self._stopping.is_set():
                restarts = await self._one_more(restarts)
        finally:
            self._stopped.set()

    async def stop(self, seconds: float) -> None:
        """Send SIGTERM to the program, and SIGKILL when it has not ended after `seconds`."""
        self._stopping.set()
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        except TimeoutError:
            log.warning("child.killed", child=self.name, after=seconds)
            self._signal(signal.SIGKILL)
            await self._stopped.wait()

    def drain(self) -> None:
        """Have the program finish its work and end (SIGUSR1), however long that takes.

        `stop` ends it sooner.
        """
        self._stopping.set()
        self._signal(signal.SIGUSR1)

    def send_sighup(self) -> None:
        """Send SIGHUP, on which a service checks its queues and topics, once it has started.

        Before that it may not handle the signal yet, or have checked them already.
        """
        self._sighup_pending = not self.started.is_set()
        if self.started.is_set():
            self._signal(signal.SIGHUP)

    async def _one_more(self, restarts: Restarts) -> Restarts:
        began = time.monotonic()
        ending = await self._run_once()
        ran_seconds = time.monotonic() - began
        if self._stopping.is_set():
            log.info("child.stopped", child=self.name, ending=ending)
            return restarts
        self._is_down = True
        restarts = after_exit(restarts, ran_seconds, started=self.started.is_set())
        log.warning(
            "child.exited", child=self.name, ending=ending, ran_seconds=round(ran_seconds, 1)
        )
        if restarts.false_starts == self._max_false_starts:
            raise CannotStartError(self.name, restarts.false_starts, ending)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(restarts.pause):
                await self._stopping.wait()
        return restarts

    async def _run_once(self) -> str:
        self.started.clear()
        self._sighup_pending = False
        try:
            self._process = process = await self._start()
        except OSError as error:
            return f"not run: {error.strerror}"
        if self._stopping.is_set():
            self._signal(signal.SIGTERM)
        starting = asyncio.create_task(self._await_start(), name=f"start of {self.name}")
        try:
            return describe(await process.wait())
        finally:
            self._signal(signal.SIGKILL)
            starting.cancel()
            await asyncio.wait([starting])
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
        self._is_down = False
        log.info("child.started", child=self.name, pid=process.pid)
        return process

    async def _await_start(self) -> None:
        try:
            await self._wait_until_started()
        except Exception as error:  # noqa: BLE001 - whatever it was, this run has failed
            log.warning("child.not_started", child=self.name, error=str(error) or repr(error))
            self._signal(signal.SIGKILL)
        else:
            self.started.set()
            if self._sighup_pending:
                self.send_sighup()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
