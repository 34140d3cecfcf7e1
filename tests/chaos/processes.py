"""The services as processes that can be killed, stopped, frozen, and read the log of."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LEAVES_WITHIN = 30
"""Seconds within which every service is gone after a SIGTERM, whatever it has in hand."""


@dataclass(frozen=True)
class ServiceProcess:
    """One life of a service; its log is appended to that of its lives before."""

    process: asyncio.subprocess.Process
    log: Path

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.returncode is None

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does (SIGSTOP)."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on as if nothing had been (SIGCONT)."""
        self.process.send_signal(signal.SIGCONT)

    async def kill(self) -> None:
        """End it on the spot (SIGKILL)."""
        if self.alive:
            self.process.kill()
        await self.process.wait()

    async def leave(self) -> int:
        """Ask it to end (SIGTERM), and give its exit status."""
        if self.alive:
            self.process.terminate()
        async with asyncio.timeout(LEAVES_WITHIN):
            return await self.process.wait()

    def lines(self) -> Iterator[Mapping[str, Any]]:
        """Read what this service has logged, in all its lives."""
        return read_log(self.log)

    def has_logged(self, event: str, **fields: object) -> bool:
        """Tell whether there is a line of this event with these fields."""
        return any(
            line.get("event") == event and fields.items() <= line.items() for line in self.lines()
        )


def read_log(log: Path) -> Iterator[Mapping[str, Any]]:
    """Read the lines of a log; one that was cut off by a kill is left out."""
    for line in log.read_text().splitlines():
        with contextlib.suppress(ValueError):
            yield json.loads(line)


class Launcher:
    """Starts services that end, at the latest, with the process that the launcher is in."""

    def __init__(self, logs: Path, variables: Mapping[str, str], lifeline: int) -> None:
        self._logs = logs
        self._lifeline = lifeline
        own = {name: value for name, value in os.environ.items() if not name.startswith("COFFEE_")}
        self._variables = {**own, **variables, "COFFEE_LIFELINE_FD": str(lifeline)}
        self._started: list[ServiceProcess] = []

    async def start(self, module: str, name: str, **variables: str) -> ServiceProcess:
        """Start `python -m module`; `name` is its log's."""
        log = self._logs / f"{name}.jsonl"
        with log.open("ab") as stderr:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                module,
                env={**self._variables, **variables},
                stderr=stderr,
                pass_fds=(self._lifeline,),
            )
        self._started.append(ServiceProcess(process, log))
        return self._started[-1]

    def logs(self) -> list[Mapping[str, Any]]:
        """Read every line that every service has logged."""
        return [line for log in sorted(self._logs.glob("*.jsonl")) for line in read_log(log)]

    async def kill_all(self) -> None:
        """End whatever is still there, frozen or not."""
        for service in self._started:
            await service.kill()


@contextlib.asynccontextmanager
async def launching(logs: Path, variables: Mapping[str, str]) -> AsyncIterator[Launcher]:
    """Give a launcher; what it has started is gone when the block ends."""
    lifeline, held = os.pipe()
    launcher = Launcher(logs, variables, lifeline)
    try:
        yield launcher
    finally:
        await launcher.kill_all()
        os.close(lifeline)
        os.close(held)
