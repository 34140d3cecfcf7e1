"""The services as processes: to kill, stop and freeze, and whose logs can be read."""

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

from tests.support.emulator import CREDENTIAL_VARIABLES

STOPS_WITHIN = 30
"""Seconds within which every service ends after a SIGTERM, even with work in hand."""


@dataclass(frozen=True)
class ServiceProcess:
    """One process of a service; its log is appended to that of the processes before it."""

    process: asyncio.subprocess.Process
    log: Path

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.returncode is None

    def freeze(self) -> None:
        """Pause it at any point (SIGSTOP)."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it continue (SIGCONT)."""
        self.process.send_signal(signal.SIGCONT)

    async def kill(self) -> None:
        """Kill it (SIGKILL)."""
        if self.alive:
            self.process.kill()
        await self.process.wait()

    async def terminate(self) -> int:
        """Stop it (SIGTERM), and return its exit status."""
        if self.alive:
            self.process.terminate()
        async with asyncio.timeout(STOPS_WITHIN):
            return await self.process.wait()

    def lines(self) -> Iterator[Mapping[str, Any]]:
        """Read the log of this service, from all its processes."""
        return read_log(self.log)

    def has_logged(self, event: str, **fields: object) -> bool:
        """Whether the log has a line of this event with these fields."""
        return any(
            line.get("event") == event and fields.items() <= line.items() for line in self.lines()
        )


def read_log(log: Path) -> Iterator[Mapping[str, Any]]:
    """Read the lines of a log, without any that a kill has cut off."""
    for line in log.read_text().splitlines():
        with contextlib.suppress(ValueError):
            yield json.loads(line)


class Launcher:
    """Starts services that end with this process at the latest."""

    def __init__(self, logs: Path, variables: Mapping[str, str], lifeline: int) -> None:
        self._logs = logs
        self._lifeline = lifeline
        own = {name: value for name, value in os.environ.items() if not name.startswith("COFFEE_")}
        self._variables = {
            **own,
            **CREDENTIAL_VARIABLES,
            **variables,
            "COFFEE_LIFELINE_FD": str(lifeline),
        }
        self._started: list[ServiceProcess] = []

    async def start(self, module: str, name: str, **variables: str) -> ServiceProcess:
        """Start `python -m module`, with a log of that name."""
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
        """Read the log lines of all services."""
        return [line for log in sorted(self._logs.glob("*.jsonl")) for line in read_log(log)]

    async def kill_all(self) -> None:
        """Kill all that still run, frozen or not."""
        for service in self._started:
            await service.kill()


@contextlib.asynccontextmanager
async def launching(logs: Path, variables: Mapping[str, str]) -> AsyncIterator[Launcher]:
    """Give a launcher; at the end of the block its processes are killed."""
    lifeline, held = os.pipe()
    launcher = Launcher(logs, variables, lifeline)
    try:
        yield launcher
    finally:
        await launcher.kill_all()
        os.close(lifeline)
        os.close(held)
