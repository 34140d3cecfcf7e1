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
from shop.processes.watchdog import Watchdog, opened_watchdog

log = structlog.stdlib.get_logger(__name__)

STANDARD_ERROR = 2
_LOOK_SECONDS = 1.0
"""Between two looks for what a program needs."""


class CannotStartError(Exception):
    """A program ended before it had started, several times in a row."""

    def __init__(self, name: str, starts: int, ending: str) -> None:
        super().__init__(f"the {name} could not be started: {starts} tries, the last {ending}")
        self.name = name


async def started_at_once() -> None:
    """Count the program as started without waiting for anything."""


def nothing() -> None:
    """Do nothing."""


class Child:
    """Keeps one program running.

    Each run of the program awaits `wait_until_started`: when it returns, the program has started;
    when it fails, the program is killed. After `max_false_starts` runs in a row that ended before
    they had started, `keep` raises CannotStartError; without a maximum it never gives up. A run
    that does not report any more is killed, unless it was asked to stop; `on_stop` follows that.
    While something is away that the program needs, it is not run.
    """

    def __init__(
        self,
        program: Program,
        wait_until_started: Callable[[], Awaitable[None]] = started_at_once,
        max_false_starts: int | None = None,
        on_stop: Callable[[], None] = nothing,
    ) -> None:
        self._program = program
        self._on_stop = on_stop
        self._wait_until_started = wait_until_started
        self._max_false_starts = max_false_starts
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
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

    @property
    def pid(self) -> int | None:
        """The id of the process, and of its group; None while none runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def send(self, number: signal.Signals) -> int | None:
        """Send a signal to the program as it runs now; return the id of its process, if one does.

        What ends by it is started again.
        """
        pid = self.pid
        self._signal(number)
        return pid

    async def keep(self) -> None:
        """Run the program over and over until `stop`; cancelling this kills the program."""
        restarts = Restarts()
        self._stopped.clear()
        try:
            while await self._may_run():
                restarts = await self._one_more(restarts)
        finally:
            self._stopped.set()

    async def stop(self, seconds: float) -> None:
        """Send SIGTERM to the program, and SIGKILL when it has not ended after `seconds`."""
        self._stopping.set()
        self._signal(signal.SIGTERM)
        self._on_stop()
        if self._watching is not None:
            self._watching.cancel()
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
        self._on_stop()

    def send_sigusr1(self) -> None:
        """Send SIGUSR1 if it has started: a web service takes on no more, an emulator ends polls.

        `stop` ends it.
        """
        if self.started.is_set():
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
        await self._pause(restarts.pause)
        return restarts

    async def _may_run(self) -> bool:
        """Wait until all is there that the program needs; return False once it is to stop."""
        if not self._stopping.is_set() and (missing := self._program.missing()):
            self._is_down = True
            log.error("child.waits", child=self.name, missing=str(missing))
        while not self._stopping.is_set() and self._program.missing():
            await self._pause(_LOOK_SECONDS)
        return not self._stopping.is_set()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _run_once(self) -> str:
        self.started.clear()
        self._sighup_pending = False
        with opened_watchdog() as watchdog:
            try:
                self._process = process = await self._start(watchdog)
            except OSError as error:
                return f"not run: {error.strerror}"
            finally:
                watchdog.close_reports()
            if self._stopping.is_set():
                self._signal(signal.SIGTERM)
            starting = asyncio.create_task(self._await_start(), name=f"start of {self.name}")
            self._watching = asyncio.create_task(self._watch(watchdog), name=f"watch {self.name}")
            try:
                return describe(await process.wait())
            finally:
                self._signal(signal.SIGKILL)
                starting.cancel()
                self._watching.cancel()
                await asyncio.wait([starting, self._watching])
                await process.wait()

    async def _start(self, watchdog: Watchdog) -> asyncio.subprocess.Process:
        program, reports = self._program, watchdog.reports_fd
        watched = {} if program.watched is None else {program.watched.variable: str(reports)}
        process = await asyncio.create_subprocess_exec(
            *program.command,
            env={**os.environ, **program.variables, **watched},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=STANDARD_ERROR,
            pass_fds=(*program.descriptors, reports),
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

    async def _watch(self, watchdog: Watchdog) -> None:
        if self._program.watched is None:
            return
        seconds = self._program.watched.seconds
        await watchdog.silence(seconds, self.started.is_set)
        log.warning("child.not_responding", child=self.name, seconds=seconds)
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
