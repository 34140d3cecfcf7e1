"""The baristas of a shop under test: started, killed, replaced, each behind its own proxy."""

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
"""Seconds; Python alone takes one of them, on an idle machine."""

_AT_WORK = 2
"""A barista is killed only while another one works."""

OpenProxy = Callable[[str], contextlib.AbstractAsyncContextManager[Proxy]]
"""Opens the proxy to the emulator for the barista of that name."""


@dataclass
class Barista:
    """One barista: its proxy, and its current process, which a restart replaces."""

    name: str
    proxy: Proxy
    process: ServiceProcess
    since: float

    async def asks_for_tickets(self) -> bool:
        """Whether the current process has polled for tickets."""
        return self.process.alive and self.proxy.polled_at > self.since


@dataclass(frozen=True, slots=True)
class Kill:
    """A kill -9, and the tickets that were in hand at that moment."""

    at: float
    message_ids: frozenset[str]

    def recovery_seconds(self, seen: Sightings) -> float:
        """How long it took until the last of them was received again.

        A ticket whose deletion was under way took no time. One that was never seen again counts
        as infinite, even if another ticket has saved its order.
        """
        return max((self._back_after(ticket, seen) for ticket in self.message_ids), default=0)

    def _back_after(self, message_id: str, seen: Sightings) -> float:
        for delivered in seen.deliveries:
            if delivered.message_id == message_id and delivered.at > self.at:
                return delivered.at - self.at
        deleted = any(deletion.message_id == message_id for deletion in seen.deletions)
        return 0 if deleted else math.inf


class BaristaPool:
    """Starts baristas, and records its kills."""

    def __init__(
        self, launcher: Launcher, open_proxy: OpenProxy, seen: Sightings, seed: int
    ) -> None:
        self._launcher = launcher
        self._open_proxy = open_proxy
        self._seen = seen
        self._draw = random.Random(seed)
        self._proxies = contextlib.AsyncExitStack()
        self._numbers = itertools.count(1)
        self.baristas: list[Barista] = []
        self.kills: list[Kill] = []

    async def close(self) -> None:
        """Close the proxies; the launcher ends the processes."""
        await self._proxies.aclose()

    async def start_one(self) -> Barista:
        """Start one more barista, and return once it polls."""
        name = f"barista-{next(self._numbers)}"
        proxy = await self._proxies.enter_async_context(self._open_proxy(name))
        barista = Barista(name, proxy, await self._start(name, proxy), time.monotonic())
        self.baristas.append(barista)
        await until(barista.asks_for_tickets, STARTS_WITHIN)
        return barista

    async def replace(self, barista: Barista) -> None:
        """Start a new process for a barista whose process has ended."""
        barista.process = await self._start(barista.name, barista.proxy)
        barista.since = time.monotonic()

    async def kill(self, barista: Barista) -> None:
        """Kill a barista, and record the tickets that it had in hand."""
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

    async def _start(self, name: str, proxy: Proxy) -> ServiceProcess:
        return await self._launcher.start(
            "worker", name, COFFEE_AWS_ENDPOINT_URL=proxy.url, COFFEE_WORKER_NAME=name
        )
