"""One shop on one machine: opened child by child, closed in order."""

from __future__ import annotations

import asyncio

from shop.processes import emulator
from shop.processes.child import Child
from shop.processes.console import Notices
from shop.processes.probe import local_url, well
from shop.processes.programs import Programs, on_roster
from shop.processes.provision import provision_shop
from shop.processes.supervisor import Supervisor
from shop.processes.worker_pool import Baristas

START_SECONDS = 30.0
PATIENCE = 5
"""How often in a row the emulator or the counter may end before it has served anything."""


class Shop:
    """The children of one shop."""

    def __init__(
        self, programs: Programs, supervisor: Supervisor, notices: Notices, *, with_emulator: bool
    ) -> None:
        self._settings = programs.settings
        self._premises = programs.premises
        self._with_emulator = with_emulator
        self._supervisor = supervisor
        self._notices = notices
        self._url = local_url(self._settings.host, self._settings.port)
        self._emulator = Child(programs.emulator(), self._emulator_serves, PATIENCE)
        self._counter = Child(programs.counter(), self._counter_serves, PATIENCE)
        self.baristas = Baristas(
            supervisor, lambda number: Child(programs.barista(number)), on_roster
        )

    async def open(self) -> None:
        """Start everything; returns when orders can be placed."""
        if self._with_emulator:
            self._notices.progress("Starting the emulator …")
            self._supervisor.keep(self._emulator)
            await self._emulator.settled.wait()
        else:
            self._notices.progress("Looking for the queues and topics …")
            await provision_shop(self._settings)
        self._notices.progress("Opening the counter …")
        self._supervisor.keep(self._counter)
        self.baristas.scale_to(self._settings.baristas.least)
        await self._counter.settled.wait()
        await well(f"{self._url}/readyz", self._not_ready)

    async def close(self) -> None:
        """Let customers and orders in hand be served, then save the emulator's state."""
        self._premises.counter.close()
        await self._supervisor.stop([self._counter, *self.baristas.all()])
        await self._supervisor.stop([self._emulator])

    async def _emulator_serves(self) -> None:
        async with asyncio.timeout(START_SECONDS):
            await well(emulator.health_url(self._premises.emulator_port))
            await provision_shop(self._settings)
        # After a kill it has what it had at its last clean stop; the counter makes up for that.
        self._counter.hang_up()

    async def _counter_serves(self) -> None:
        async with asyncio.timeout(START_SECONDS):
            await well(f"{self._url}/healthz")

    def _not_ready(self, reason: str) -> None:
        self._notices.progress(f"Opening the counter, which is not ready yet: {reason}")
