"""The delivery service: it serves subscriptions and delivers to them while its queues exist."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import structlog

from notifier.deliveries.dead_letters import DeliveryDeadLetterService
from notifier.deliveries.gauges import DeliveryQueueMonitor
from notifier.deliveries.housekeeping import DueLimit
from notifier.deliveries.postponed_jobs import SWEEP_SECONDS, PostponedJobs
from notifier.subscriptions.mailboxes import MailboxSubscriptions, SubscriberForgetter
from notifier.subscriptions.service import SubscriptionService
from notifier.subscriptions.topology_restore import TopologyRestore
from notifier.topics.catalog import TopicCatalog
from shared.aws.clients import AwsUnavailableError
from shared.consuming.consumer import Consumer
from shared.consuming.polling import pause_unless
from shared.runtime.lifecycle import completes_before, every
from shared.runtime.refusals import RefusedByAwsError, refusals_end_the_start
from shared.runtime.retry import retry_until_available

log = structlog.stdlib.get_logger(__name__)

_RETRY_SECONDS = 1.0
_START_SECONDS = 5.0
"""Enough to start when SQS, SNS and the store can be reached; callers wait no longer than this."""

_DEAD_LETTERS_SECONDS = 600
_DUE_LIMIT_SECONDS = 60
_QUEUES_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryService:
    """The services behind the routes, and the consumers and periodic tasks beside them."""

    subscriptions: SubscriptionService
    dead_letters: DeliveryDeadLetterService
    forgetter: SubscriberForgetter
    mailboxes: MailboxSubscriptions
    topology: TopologyRestore
    due_limit: DueLimit
    queue_monitor: DeliveryQueueMonitor
    postponed: PostponedJobs
    consumers: tuple[Consumer, ...]

    async def run(self, broker_reset: asyncio.Event, stop: asyncio.Event) -> None:
        """Deliver until `stop`; then finish the jobs in progress."""
        async with asyncio.TaskGroup() as tasks:
            beside = [
                tasks.create_task(self.topology.run(broker_reset), name="topology restore"),
                tasks.create_task(
                    every(_DEAD_LETTERS_SECONDS, self.dead_letters.delete_stale),
                    name="dead letters",
                ),
                tasks.create_task(
                    every(_DUE_LIMIT_SECONDS, self.due_limit.enforce), name="due limit"
                ),
                tasks.create_task(
                    every(_QUEUES_SECONDS, self.queue_monitor.sample), name="queue monitor"
                ),
                tasks.create_task(
                    every(SWEEP_SECONDS, self.postponed.sweep), name="postponed jobs"
                ),
            ]
            for consumer in self.consumers:
                tasks.create_task(consumer.run(stop), name="deliveries")
            await stop.wait()
            for task in beside:
                task.cancel()

    async def check(self) -> None:
        """Raise the reason when deliveries cannot be made."""
        await self.topology.check()
        for consumer in self.consumers:
            consumer.check()


class DeliverySupervisor:
    """Runs the delivery service once its queues exist, and again after a failure.

    `open_service` is given what ends the service; `broker_reset` is set when queues and topics may
    have lost their contents.
    """

    def __init__(
        self,
        open_service: Callable[[asyncio.Event], AbstractAsyncContextManager[DeliveryService]],
        catalog: TopicCatalog,
        broker_reset: asyncio.Event,
    ) -> None:
        self._open_service = open_service
        self._catalog = catalog
        self._broker_reset = broker_reset
        self._service: DeliveryService | None = None
        self._started = asyncio.Event()
        self._stop = asyncio.Event()
        self._stopped = asyncio.Event()
        self._close = asyncio.Event()
        self._is_starting = True

    @property
    def service(self) -> DeliveryService:
        """The running service; raises AwsUnavailableError while there is none."""
        if self._service is None:
            raise AwsUnavailableError("topics and queues are not all there yet")
        return self._service

    @contextlib.asynccontextmanager
    async def supervised(
        self, broker_watch: AbstractAsyncContextManager[object]
    ) -> AsyncIterator[None]:
        """Keep the service running for as long as the block lasts.

        The block begins once the service runs, or after a few seconds without it. It runs within
        `broker_watch`, which may watch an emulator for restarts. Raises RefusedByAwsError when AWS
        refuses the start; later it counts as an outage.
        """
        supervision = asyncio.create_task(self._supervise(), name="delivery service")
        try:
            await self._wait_for_start(supervision)
            async with broker_watch:
                yield
        finally:
            self._stop.set()
            self._close.set()
            await supervision

    async def drain(self) -> None:
        """Stop the consumers, and wait for the jobs in progress; the routes are still served."""
        self._stop.set()
        await self._stopped.wait()

    async def _wait_for_start(self, supervision: asyncio.Task[None]) -> None:
        either = (asyncio.create_task(self._started.wait()), supervision)
        try:
            await asyncio.wait(either, timeout=_START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            either[0].cancel()
            self._is_starting = False
        if supervision.done():
            await supervision  # it was refused

    async def _supervise(self) -> None:
        while not self._stop.is_set():
            try:
                if await completes_before(self._stop, self._until_queues_exist()):
                    await self._run()
            except (
                Exception
            ) as error:  # the outermost edge: one failure must not end all deliveries
                if isinstance(error, RefusedByAwsError) and self._is_starting:
                    raise
                log.exception("delivery_service.failed")
                await pause_unless(self._stop, _RETRY_SECONDS)
        self._stopped.set()

    async def _until_queues_exist(self) -> None:
        await retry_until_available(
            lambda _: self._ensure_queues(),
            "queues.not_there_yet",
            pause=lambda _: _RETRY_SECONDS,
        )

    async def _ensure_queues(self) -> None:
        with refusals_end_the_start() if self._is_starting else contextlib.nullcontext():
            await self._catalog.ensure_queues()

    async def _run(self) -> None:
        async with self._open_service(self._stop) as service:
            self._service = service
            self._started.set()
            try:
                await service.run(self._broker_reset, self._stop)
                self._stopped.set()
                await self._close.wait()
            finally:
                self._service = None
