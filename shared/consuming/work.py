"""The work on one message, step by step: handled and settled under its lease, and reported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import structlog

from shared.consuming.backoff import full_jitter
from shared.consuming.lease import Lease, LeaseKeeper
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


_ENDINGS: Mapping[type[Outcome], Ending] = {
    Done: Ending.DONE,
    Retry: Ending.RETRY,
    Reject: Ending.REJECT,
}

Count: TypeAlias = Callable[[Message, Ending], None]
"""Called once for each message that was worked on."""


def no_count(_: Message, __: Ending) -> None:
    """Count nothing."""


def nothing() -> None:
    """Do nothing."""


@dataclass(slots=True)
class _Once:
    """Calls something the first time that it is called itself."""

    call: Callable[[], None]
    _is_called: bool = False

    def __call__(self) -> None:
        if not self._is_called:
            self._is_called = True
            self.call()


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

    async def do(self, message: Message, handled: Callable[[], None] = nothing) -> None:
        """Handle a message, call `handled`, and settle the message; in a task of its own.

        When cancelled, it stops the handler and hands the message back.
        """
        once = _Once(handled)
        try:
            self._name(message)
            with self.around(message):
                await self._do(message, once)
        except Exception as error:  # noqa: BLE001 - not settled: it is received again
            log.warning("message.unsettled", error=repr(error))
            self.count(message, Ending.UNSETTLED)
        finally:
            once()

    async def _do(self, message: Message, handled: Callable[[], None]) -> None:
        started = asyncio.get_running_loop().time()
        lease = self.leases.take(message)
        try:
            outcome = await self._handle(lease, handled)
            await self._settle(lease, outcome)
        except LeaseLostError:
            log.warning("message.lost")
            self.count(message, Ending.LOST)
        except asyncio.CancelledError:
            self.leases.end(lease)
            self.count(message, Ending.HANDED_BACK)
            await asyncio.shield(self.hand_back(message))
            raise
        else:
            self._report(message, outcome, asyncio.get_running_loop().time() - started)
        finally:
            self.leases.end(lease)

    async def hand_back(self, message: Message) -> None:
        """Make a message visible to others at once; in a task of its own."""
        self._name(message)
        try:
            await self.queue.extend(message, 0)
        except Exception as error:  # noqa: BLE001 - its lease runs out anyway
            log.warning("message.not_handed_back", error=repr(error))
        else:
            log.info("message.handed_back")

    def _name(self, message: Message) -> None:
        """Name the message, and what it is about, on every further line of the task."""
        structlog.contextvars.bind_contextvars(
            message_id=message.message_id, **self.log_fields(message.body)
        )

    async def _handle(self, lease: Lease, handled: Callable[[], None]) -> Outcome:
        """Run the handler; raises LeaseLostError if its lease was lost meanwhile."""
        message = lease.message
        try:
            return await self.handler(message)
        except asyncio.CancelledError:
            if lease.work is None or not lease.lost:
                raise
            lease.work.uncancel()
            raise LeaseLostError(message.message_id) from None
        except Exception as error:
            log.exception("handler.failed")
            return Retry(full_jitter(message.receive_count, self.rnd), type(error).__name__)
        finally:
            lease.work = None
            handled()

    async def _settle(self, lease: Lease, outcome: Outcome) -> None:
        match outcome:
            case Done():
                await self.queue.delete(lease.message)
            case Retry(after=after):
                self.leases.end(lease)  # a further extension would undo this one
                await self.queue.extend(lease.message, after)
            case Reject(reason=reason):
                await self.queue.dead_letter(lease.message, reason)

    def _report(self, message: Message, outcome: Outcome, seconds: float) -> None:
        ending = _ENDINGS[type(outcome)]
        self.count(message, ending)
        reason = getattr(outcome, "reason", None)
        write = log.debug if ending is Ending.DONE and not self.log_done else log.info
        write(
            "message.settled",
            outcome=ending.value,
            receive_count=message.receive_count,
            seconds=round(seconds, 3),
            **({"reason": reason} if reason else {}),
        )
