"""The work on one message, step by step: handled under its lease, settled by outcome, reported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from shared.consuming.backoff import full_jitter
from shared.consuming.lease import LeaseKeeper
from shared.consuming.message import (
    Handler,
    LeaseLostError,
    LogFields,
    Message,
    Queue,
    no_log_fields,
)
from shared.consuming.outcome import Done, Outcome, Reject, Retry

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """Works on messages, one call for each."""

    queue: Queue
    handler: Handler
    leases: LeaseKeeper
    rnd: Callable[[], float]
    log_fields: LogFields = no_log_fields
    log_done: bool = True

    async def do(self, message: Message) -> None:
        """Handle a message and settle it; when cancelled, stop the handler and hand it back."""
        with structlog.contextvars.bound_contextvars(
            message_id=message.message_id, **self.log_fields(message.body)
        ):
            started = asyncio.get_running_loop().time()
            try:
                outcome = await self.leases.work(message, self._handle(message))
                await self._settle(message, outcome)
            except LeaseLostError:
                log.warning("message.lost")
            except asyncio.CancelledError:
                await asyncio.shield(self.hand_back(message))
                raise
            except Exception as error:  # noqa: BLE001 - not settled: it is received again
                log.warning("message.unsettled", error=repr(error))
            else:
                self._report(message, outcome, asyncio.get_running_loop().time() - started)

    async def hand_back(self, message: Message) -> None:
        """Make a message visible to others at once."""
        try:
            await self.queue.extend(message, 0)
        except Exception as error:  # noqa: BLE001 - its lease runs out anyway
            log.warning("message.not_handed_back", error=repr(error))
        else:
            log.info("message.handed_back", message_id=message.message_id)

    async def _handle(self, message: Message) -> Outcome:
        try:
            return await self.handler(message)
        except Exception as error:
            log.exception("handler.failed")
            return Retry(full_jitter(message.receive_count, self.rnd), type(error).__name__)

    async def _settle(self, message: Message, outcome: Outcome) -> None:
        match outcome:
            case Done():
                await self.queue.delete(message)
            case Retry(after=after):
                await self.queue.extend(message, after)
            case Reject(reason=reason):
                await self.queue.dead_letter(message, reason)

    def _report(self, message: Message, outcome: Outcome, seconds: float) -> None:
        reason = getattr(outcome, "reason", None)
        write = log.debug if isinstance(outcome, Done) and not self.log_done else log.info
        write(
            "message.settled",
            outcome=type(outcome).__name__.lower(),
            receive_count=message.receive_count,
            seconds=round(seconds, 3),
            **({"reason": reason} if reason else {}),
        )
