"""One shop on one machine: started child by child, stopped in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from shared.web.listening import local_url
from shop.processes import emulator
from shop.processes.child import Child
from shop.processes.console import ShopConsole
from shop.processes.programs import Programs, heartbeat_name
from shop.processes.supervisor import Supervisor
from shop.processes.worker_pool import WorkerPool

START_SECONDS = 30.0
MAX_FALSE_STARTS = 5
"""How often in a row the emulator or the counter may end before it has served anything."""


class Shop:
    """The children of one shop."""

    def __init__(
        self,
        programs: Programs,
        supervisor: Supervisor,
        console: ShopConsole,
        *,
        with_emulator: bool,
    ) -> None:
        self._settings = programs.settings
        self._resources = programs.resources
        self.with_emulator = with_emulator
        self._emulator_has_served = False
        self._supervisor = supervisor
        self._console = console
        self.url = local_url(self._settings.host, self._settings.port)
        self.emulator = Child(programs.emulator(), self._emulator_serves, MAX_FALSE_STARTS)
        self.counter = Child(
            programs.counter(), self._counter_serves, MAX_FALSE_STARTS, self._end_polls
        )
        self.photo_workers = WorkerPool(
            "photo workers",
            supervisor,
            lambda number: Child(programs.photo_worker(number), on_stop=self._end_polls),
        )
        self.workers = WorkerPool(
            "baristas",
            supervisor,
            lambda number: Child(programs.worker(number), on_stop=self._end_polls),
            heartbeat_name,
        )

    async def open(self) -> None:
        """Start everything; returns when orders can be placed.

        The counter loads while the emulator does: what it asks waits in the emulator's socket.
        """
        if self.with_emulator:
            self._console.progress("Starting the emulator …")
            self._supervisor.keep(self.emulator)
            self._supervisor.keep(self.counter)
            await self.emulator.started.wait()
        else:
            self._console.progress("Looking for the queues and topics …")
            if self._settings.provision:
                await self._provision()
            self._supervisor.keep(self.counter)
        self._console.progress("Opening the counter …")
        self.workers.scale_to(self._settings.first_baristas)
        await self.counter.started.wait()
        await self._answers(f"{self.url}/readyz", self._show_delay)

    async def close(self) -> None:
        """Let what is in hand finish, be announced and streamed; then save the emulator's state.

        That is orders and photos. Meanwhile the counter takes no more orders.
        """
        self.counter.send_sigusr1()
        await self._supervisor.stop([*self.workers.all(), *self.photo_workers.all()])
        self._resources.counter.close()
        await self._supervisor.stop([self.counter])
        await self._supervisor.stop([self.emulator])

    def _end_polls(self) -> None:
        """Spare who stops the rest of a long poll; real SQS cannot."""
        self.emulator.send_sigusr1()

    async def _emulator_serves(self) -> None:
        async with asyncio.timeout(START_SECONDS):
            await self._answers(emulator.health_url(self._resources.emulator_port))
            again, self._emulator_has_served = self._emulator_has_served, True
            await self._provision()
        if again:  # it has the state of its last clean stop; the counter restores the rest
            self.counter.send_sighup()

    async def _counter_serves(self) -> None:
        async with asyncio.timeout(START_SECONDS):
            await self._answers(f"{self.url}/healthz")

    # aiohttp and botocore take as long to load as a child does: they do so once children do.

    async def _answers(self, url: str, on_delay: Callable[[str], None] = lambda _: None) -> None:
        from shop.processes.probe import wait_until_healthy  # noqa: PLC0415

        await wait_until_healthy(url, on_delay)

    async def _provision(self) -> None:
        from shop.processes.provision import provision_shop  # noqa: PLC0415

        await provision_shop(self._settings)

    def _show_delay(self, reason: str) -> None:
        self._console.progress(f"Opening the counter, which is not ready yet: {reason}")
