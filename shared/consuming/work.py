"""The work on one message, step by step: handled under its lease, settled by outcome, reported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import structlog

from shared.consuming.backoff import full_jitter
from shared.consuming.lease import LeaseKeeper
from shared.consuming.message import (
    Around,
    Handler,
    LeaseLostError,
    LogFields,
    Message,
    Queue,
    no_log_fields,
    nothing_around,
)
from shared.consuming.outcome import Done, Outcome, Reject, Retry

log = structlog.stdlib.get_logger(__name__)


class Ending(StrEnum):
    """How the work on a message ended: by its outcome, or without one.

    It was `lost` when its lease was, `handed_back` when the consumer stopped, and left `unsettled`
    when the queue did not confirm: then it is received again.
    """

    DONE = "done"
    RETRY = "retry"
    REJECT = "reject"
    LOST = "lost"
    HANDED_BACK = "handed_back"
    UNSETTLED = "unsettled"


Count: TypeAlias = Callable[[Message, Ending], None]
"""Called once for each message that was worked on."""


def no_count(_: Message, __: Ending) -> None:
    """Count nothing."""


@dataclass(frozen=True, slots=True)
class Work:
    """Works on messages, one call for each."""

    queue: Queue
    handler: Handler
    leases: LeaseKeeper
    rnd: Callable[[], float]
    log_fields: LogFields = no_log_fields
    log_done: bool = True
    count: Count = no_count
    around: Around = nothing_around

    async def do(self, message: Message) -> None:
        """Handle a message and settle it; when cancelled, stop the handler and hand it back."""
        with self._named(message), self.around(message):
            started = asyncio.get_running_loop().time()
            try:
                outcome = await self.leases.work(message, self._handle(message))
                await self._settle(message, outcome)
            except LeaseLostError:
                log.warning("message.lost")
                self.count(message, Ending.LOST)
            except asyncio.CancelledError:
                self.count(message, Ending.HANDED_BACK)
                await asyncio.shield(self.hand_back(message))
                raise
            except Exception as error:  # noqa: BLE001 - not settled: it is received again
                log.warning("message.unsettled", error=repr(error))
                self.count(message, Ending.UNSETTLED)
            else:
                self._report(message, outcome, asyncio.get_running_loop().time() - started)

    async def hand_back(self, message: Message) -> None:
        """Make a message visible to others at once."""
        with self._named(message):
            try:
                await self.queue.extend(message, 0)
            except Exception as error:  # noqa: BLE001 - its lease runs out anyway
                log.warning("message.not_handed_back", error=repr(error))
            else:
                log.info("message.handed_back")

    def _named(self, message: Message) -> AbstractContextManager[object]:
        """Name the message, and what it is about, on every line."""
        return structlog.contextvars.bound_contextvars(
            message_id=message.message_id, **self.log_fields(message.body)
        )

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
        ending = Ending(type(outcome).__name__.lower())
        self.count(message, ending)
        reason = getattr(outcome, "reason", None)
        write = log.debug if isinstance(outcome, Done) and not self.log_done else log.info
        write(
            "message.settled",
            outcome=ending.value,
            receive_count=message.receive_count,
            seconds=round(seconds, 3),
            **({"reason": reason} if reason else {}),
        )
