"""When the office is open: from as soon as its queues are there, until everybody was served."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog

from notifier.delivery_service import DeliveryService, Surroundings, open_office
from shared.aws.errors import AwsUnavailableError, reaching
from shared.aws.names import Names
from shared.aws.provisioning import are_provisioned
from shared.consuming.polling import pause_unless
from shared.runtime.lifecycle import completes_before
from shared.store.contract import StoreUnavailableError

log = structlog.stdlib.get_logger(__name__)

_AGAIN_SECONDS = 1.0
_AT_FIRST_SECONDS = 5.0
"""Long enough to open when SQS, SNS and the store are there; callers wait no longer than this."""


class DeliverySupervisor:
    """Opens the office, again after each failure. `broker_reset` is told to whoever works there."""

    def __init__(self, around: Surroundings, broker_reset: asyncio.Event) -> None:
        self._around = around
        self._hangup = broker_reset
        self._office: DeliveryService | None = None
        self._opened = asyncio.Event()
        self._stop = asyncio.Event()
        self._stopped = asyncio.Event()
        self._close = asyncio.Event()

    @property
    def office(self) -> DeliveryService:
        """The office; raises AwsUnavailableError while it is closed."""
        if self._office is None:
            raise AwsUnavailableError("topics and queues are not all there yet")
        return self._office

    @contextlib.asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Keep the hours for as long as the block lasts, which is entered with an open office.

        It is entered with a closed one when that takes too long: callers are told so then.
        """
        keeping = asyncio.create_task(self._keep(), name="office")
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_AT_FIRST_SECONDS):
                    await self._opened.wait()
            yield
        finally:
            self._stop.set()
            self._close.set()
            await keeping

    async def drain(self) -> None:
        """Deliver nothing more, and finish what was begun. The desk goes on serving."""
        self._stop.set()
        await self._stopped.wait()

    async def _keep(self) -> None:
        while not self._stop.is_set():
            try:
                if await completes_before(self._stop, _queues_there(self._around)):
                    await self._open()
            except Exception:  # the outermost edge: one failure must not end all deliveries
                log.exception("office.failed")
                await pause_unless(self._stop, _AGAIN_SECONDS)
        self._stopped.set()

    async def _open(self) -> None:
        async with open_office(self._around) as office:
            self._office = office
            self._opened.set()
            try:
                await office.work(self._hangup, self._stop)
                self._stopped.set()
                await self._close.wait()
            finally:
                self._office = None


async def _queues_there(around: Surroundings) -> None:
    """Find the queues, or make them, for as long as it takes SQS, SNS and the store to be there.

    If anything else is missing, the office makes it.
    """
    names = Names(around.settings.name_prefix)
    queues = (names.announcements, names.deliveries, names.deliveries_dead_letters)
    while True:
        try:
            async with reaching("SQS"):
                there = await are_provisioned(around.clients.sqs, *queues)
            if not there:
                await around.catalog.provision()
        except (AwsUnavailableError, StoreUnavailableError) as error:
            log.warning("queues.not_there_yet", error=str(error))
            await asyncio.sleep(_AGAIN_SECONDS)
        else:
            return
