"""The work on one delivery, step by step: handled under its lease, settled by outcome, reported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from shared.consuming.backoff import full_jitter
from shared.consuming.lease import LeaseKeeper
from shared.consuming.message import Handler, LeaseLostError, Message, Queue
from shared.consuming.outcome import Done, Outcome, Reject, Retry

log = structlog.stdlib.get_logger(__name__)


class Work:
    """Works on deliveries, one call for each."""

    def __init__(
        self, queue: Queue, handler: Handler, leases: LeaseKeeper, rnd: Callable[[], float]
    ) -> None:
        self._queue = queue
        self._handler = handler
        self._leases = leases
        self._rnd = rnd

    async def do(self, delivery: Message) -> None:
        """Bring a delivery to its end; when cancelled, stop its handler and hand it back."""
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
                await asyncio.shield(self.hand_back(delivery))
                raise
            except Exception as error:  # noqa: BLE001 - not settled: it will be delivered again
                log.warning("delivery.unsettled", error=repr(error))
            else:
                _report(delivery, outcome, asyncio.get_running_loop().time() - started)

    async def hand_back(self, delivery: Message) -> None:
        """Make a message visible to others at once."""
        try:
            await self._queue.extend(delivery, 0)
        except Exception as error:  # noqa: BLE001 - it comes back by itself, only later
            log.warning("delivery.not_handed_back", error=repr(error))
        else:
            log.info("delivery.handed_back", message_id=delivery.message_id)

    async def _handle(self, delivery: Message) -> Outcome:
        try:
            return await self._handler(delivery)
        except Exception as error:
            log.exception("handler.failed")
            return Retry(full_jitter(delivery.receive_count, self._rnd), type(error).__name__)

    async def _settle(self, delivery: Message, outcome: Outcome) -> None:
        match outcome:
            case Done():
                await self._queue.delete(delivery)
            case Retry(after=after):
                await self._queue.extend(delivery, after)
            case Reject(reason=reason):
                await self._queue.dead_letter(delivery, reason)


def _report(delivery: Message, outcome: Outcome, seconds: float) -> None:
    reason = getattr(outcome, "reason", None)
    log.info(
        "delivery.settled",
        outcome=type(outcome).__name__.lower(),
        receive_count=delivery.receive_count,
        seconds=round(seconds, 3),
        **({"reason": reason} if reason else {}),
    )
