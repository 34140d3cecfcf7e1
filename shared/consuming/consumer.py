"""The consumer engine: bounded work on the messages of one queue, and no message left in limbo.

Its whole face::

    async def greet(delivery: Delivery) -> Outcome:
        print("hello,", delivery.body)
        return Done()

    consumer = Consumer(queue, greet, ConsumerLimits(concurrency=4))
    await consumer.run(stop)  # until the event `stop` is set, then drains

A handler turns a delivery into an outcome: `Done` deletes the message, `Retry` makes it visible
again later, `Reject` moves it to the dead-letter queue. An exception is a `Retry` with back-off.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from shared.consuming.backoff import full_jitter
from shared.consuming.delivery import Delivery, Handler, LeaseLostError, Queue
from shared.consuming.lease import LeaseKeeper
from shared.consuming.outcome import Done, Outcome, Reject, Retry

log = structlog.stdlib.get_logger(__name__)

MAX_RECEIVE = 10
"""SQS gives up to 10 messages in one receive."""


@dataclass(frozen=True, slots=True)
class ConsumerLimits:
    """How much at once, and for how long; all durations in seconds.

    `visibility_timeout` is what the queue's receives ask for. `grace` is how long work that has
    begun may go on after a stop.
    """

    concurrency: int = 4
    visibility_timeout: float = 30
    grace: float = 20


class Consumer:
    """Receives no more than it can start, works on it under a lease, and settles it.

    A poll is never cancelled: SQS would hand its messages to nobody, and they would stay
    invisible for the whole visibility timeout.
    """

    def __init__(
        self,
        queue: Queue,
        handler: Handler,
        limits: ConsumerLimits,
        rnd: Callable[[], float] = random.random,
    ) -> None:
        self._queue = queue
        self._handler = handler
        self._limits = limits
        self._rnd = rnd
        self._leases = LeaseKeeper(queue, limits.visibility_timeout)
        self._works: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set; then finish what was begun, and hand back the rest."""
        keeper = asyncio.create_task(self._leases.keep(), name="lease keeper")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            while not stop.is_set():
                await self._poll(stop)
                await self._slot_or(stopping)
            await self._drain()
        finally:
            for task in (keeper, stopping, *self._works):
                task.cancel()
            await asyncio.gather(keeper, stopping, *self._works, return_exceptions=True)

    async def _poll(self, stop: asyncio.Event) -> None:
        free = self._limits.concurrency - len(self._works)
        try:
            deliveries = await self._queue.receive(min(MAX_RECEIVE, free))
        except Exception as error:  # noqa: BLE001 - the loop's outermost edge: it must not end
            log.warning("poll.failed", error=repr(error))
            deliveries = ()
            await _pause(full_jitter(2, self._rnd), stop)
        for delivery in deliveries:
            work = self._hand_back(delivery) if stop.is_set() else self._work(delivery)
            task = asyncio.create_task(work, name=f"delivery {delivery.message_id}")
            self._works.add(task)
            task.add_done_callback(self._works.discard)

    async def _slot_or(self, stopping: asyncio.Task[bool]) -> None:
        """Return when there is a free slot, or nothing more is to be started."""
        while len(self._works) >= self._limits.concurrency and not stopping.done():
            await asyncio.wait({*self._works, stopping}, return_when=asyncio.FIRST_COMPLETED)

    async def _drain(self) -> None:
        if self._works:
            _, late = await asyncio.wait(self._works, timeout=self._limits.grace)
            for work in late:
                work.cancel()
            if late:
                await asyncio.wait(late)

    async def _work(self, delivery: Delivery) -> None:
        with structlog.contextvars.bound_contextvars(
            message_id=delivery.message_id,
            correlation_id=delivery.attributes.get("correlation_id"),
        ):
            started = asyncio.get_running_loop().time()
            try:
                outcome = await self._leases.work(delivery, self._handle(delivery))
                await self._settle(delivery, outcome)
            except LeaseLostError:
                log.warning("delivery.lost")
            except asyncio.CancelledError:
                await asyncio.shield(self._hand_back(delivery))
                raise
            except Exception as error:  # noqa: BLE001 - not settled: it will be delivered again
                log.warning("delivery.unsettled", error=repr(error))
            else:
                seconds = asyncio.get_running_loop().time() - started
                _report(delivery, outcome, seconds)

    async def _handle(self, delivery: Delivery) -> Outcome:
        try:
            return await self._handler(delivery)
        except Exception as error:
            log.exception("handler.failed")
            return Retry(full_jitter(delivery.receive_count, self._rnd), type(error).__name__)

    async def _settle(self, delivery: Delivery, outcome: Outcome) -> None:
        match outcome:
            case Done():
                await self._queue.delete(delivery)
            case Retry(after=after):
                await self._queue.extend(delivery, after)
            case Reject(reason=reason):
                await self._queue.dead_letter(delivery, reason)

    async def _hand_back(self, delivery: Delivery) -> None:
        try:
            await self._queue.extend(delivery, 0)
        except Exception as error:  # noqa: BLE001 - it comes back by itself, only later
            log.warning("delivery.not_handed_back", error=repr(error))
        else:
            log.info("delivery.handed_back", message_id=delivery.message_id)


async def _pause(seconds: float, stop: asyncio.Event) -> None:
    """Wait, but not past a stop."""
    await asyncio.wait({task := asyncio.create_task(stop.wait())}, timeout=seconds)
    task.cancel()


def _report(delivery: Delivery, outcome: Outcome, seconds: float) -> None:
    reason = getattr(outcome, "reason", None)
    log.info(
        "delivery.settled",
        outcome=type(outcome).__name__.lower(),
        receive_count=delivery.receive_count,
        seconds=round(seconds, 3),
        **({"reason": reason} if reason else {}),
    )
