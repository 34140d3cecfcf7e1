"""The baristas of a shop under test: hired, killed, replaced, each behind a proxy of its own."""

from __future__ import annotations

import contextlib
import itertools
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.processes import Launcher, ServiceProcess
from tests.chaos.witness import Sightings
from tests.support.faults.proxy import Proxy
from tests.support.waiting import until

STARTS_WITHIN = 30
"""Seconds; Python alone takes one of them, on a machine that does nothing else."""

_AT_WORK = 2
"""Nobody is killed before there is somebody else."""

Line = Callable[[str], contextlib.AbstractAsyncContextManager[Proxy]]
"""Lays a line to the emulator for whoever has that name."""


@dataclass
class Barista:
    """A barista's place: the line that goes with it, and the process that fills it now."""

    name: str
    line: Proxy
    process: ServiceProcess
    since: float

    async def asks_for_tickets(self) -> bool:
        """Tell whether this very process has asked for tickets."""
        return self.process.alive and self.line.polled_at > self.since


@dataclass(frozen=True, slots=True)
class Kill:
    """A kill -9, and the tickets that were in hand at that moment."""

    at: float
    message_ids: frozenset[str]

    def recovery_seconds(self, seen: Sightings) -> float:
        """How long it took until all of them were delivered again, at the most.

        A ticket that came to its end instead, since its deletion was under way, took no time; one
        that was never seen again takes for ever, though another ticket may have saved its order.
        """
        return max((self._back_after(ticket, seen) for ticket in self.message_ids), default=0)

    def _back_after(self, message_id: str, seen: Sightings) -> float:
        for delivered in seen.deliveries:
            if delivered.message_id == message_id and delivered.at > self.at:
                return delivered.at - self.at
        deleted = any(deletion.message_id == message_id for deletion in seen.deletions)
        return 0 if deleted else math.inf


class Crew:
    """Hires baristas, and keeps count of those it kills. Use it as an asynchronous context."""

    def __init__(self, launcher: Launcher, line: Line, seen: Sightings, seed: int) -> None:
        self._launcher = launcher
        self._line = line
        self._seen = seen
        self._draw = random.Random(seed)
        self._lines = contextlib.AsyncExitStack()
        self._numbers = itertools.count(1)
        self.baristas: list[Barista] = []
        self.kills: list[Kill] = []

    async def close(self) -> None:
        """Take the lines down; their processes are the launcher's."""
        await self._lines.aclose()

    async def hire(self) -> Barista:
        """Start one more barista, and return when it is at work."""
        name = f"barista-{next(self._numbers)}"
        line = await self._lines.enter_async_context(self._line(name))
        barista = Barista(name, line, await self._start(name, line), time.monotonic())
        self.baristas.append(barista)
        await until(barista.asks_for_tickets, STARTS_WITHIN)
        return barista

    async def replace(self, barista: Barista) -> None:
        """Start a new process in the place of one that has ended."""
        barista.process = await self._start(barista.name, barista.line)
        barista.since = time.monotonic()

    async def kill(self, barista: Barista) -> None:
        """End a barista on the spot, and note what it had in hand."""
        in_hand = self._seen.in_hand(barista.name, barista.since)
        self.kills.append(
            Kill(time.monotonic(), frozenset(ticket.message_id for ticket in in_hand))
        )
        await barista.process.kill()

    async def kill_one(self) -> None:
        """Kill some barista, busy if possible, and replace it at once; one is always left."""
        await until(self._enough_at_work, STARTS_WITHIN)
        working = [barista for barista in self.baristas if await barista.asks_for_tickets()]
        busy = [barista for barista in working if self._seen.in_hand(barista.name, barista.since)]
        barista = self._draw.choice(busy or working)
        await self.kill(barista)
        await self.replace(barista)

    async def _enough_at_work(self) -> bool:
        return sum([await barista.asks_for_tickets() for barista in self.baristas]) >= _AT_WORK

    def recovery_seconds(self) -> float:
        """How long it took, at the most, until what a killed barista had was taken up again."""
        return max((kill.recovery_seconds(self._seen) for kill in self.kills), default=0)

    async def _start(self, name: str, line: Proxy) -> ServiceProcess:
        return await self._launcher.start(
            "worker", name, COFFEE_AWS_ENDPOINT_URL=line.url, COFFEE_WORKER_NAME=name
        )
