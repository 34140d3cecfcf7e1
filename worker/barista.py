"""The barista: from a ticket to a finished order, one named step after the other.

Claim, announce, prepare, complete, announce; the engine deletes the ticket only after that. So an
undeleted ticket is the outbox: a step that was cut off is repeated when the ticket comes back, and
whoever has a ticket announces all changes since it was queued. A cashier that moves an order in
hand announces that itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import structlog
from pydantic import ValidationError

from shared.clock import Clock
from shared.consuming.message import Message
from shared.consuming.outcome import Done, Outcome, Reject, Retry
from shared.domain.errors import ClaimHeldError, UnavailableError
from shared.domain.order import Order, OrderState, advance, claim, history
from shared.messages.ticket import Ticket, TicketQueue, send_ticket, ticket_for
from shared.runtime.retry import retry_until_available
from shared.store.contract import OrderChangedError, OrderStore
from worker.claims import Claims
from worker.fresh_ticket import is_worn, swap_for
from worker.preparation import (
    LetGoError,
    MovedOnError,
    Preparation,
    Wait,
    moved_by_staff,
    retry_pause,
)
from worker.progress import Progress

log = structlog.stdlib.get_logger(__name__)

_END_SECONDS = 2

_UNFINISHED = frozenset({OrderState.PLACED, OrderState.PREPARING})
"""States in which an order needs its ticket."""

_T = TypeVar("_T")


class Announcer(Protocol):
    """Publishes what has happened to an order."""

    async def announce(self, order: Order) -> None:
        """Return once the announcement is confirmed."""


class _InterruptedError(Exception):
    """Somebody put the order back in line, or canceled it, before it was ready."""

    def __init__(self, order: Order) -> None:
        super().__init__(order.state)
        self.order = order


@dataclass(frozen=True, slots=True, kw_only=True)
class Barista:
    """Prepares orders."""

    store: OrderStore
    announcer: Announcer
    tickets: TicketQueue
    claims: Claims
    preparation: Preparation
    clock: Clock
    wait: Wait
    progress: Progress = field(default_factory=Progress)

    async def take(self, message: Message) -> Outcome:
        """Finish the order of a ticket, and decide what to do with the ticket.

        While the store or a topic is unavailable, the barista keeps the ticket and retries that
        step: handing it back would raise its receive count, until SQS dead-letters a good ticket.
        """
        self.progress.received(message)
        try:
            ticket = Ticket.model_validate_json(message.body)
        except ValidationError as error:
            return Reject(f"not a ticket: {error.errors()[0]['msg']}")
        return await self._serve(await self._peek(ticket.order_id), ticket, message)

    async def _peek(self, order_id: str) -> Order | None:
        """Read an order that is most likely placed; any other is read as it is now."""
        order = await self._retry(lambda _: self.store.peek(order_id))
        is_placed = order is not None and order.state is OrderState.PLACED
        return order if is_placed else await self._get(order_id)

    async def _get(self, order_id: str) -> Order | None:
        return await self._retry(lambda _: self.store.get(order_id))

    async def _serve(self, order: Order | None, ticket: Ticket, message: Message) -> Outcome:
        if order is None:
            return Reject("no such order")
        if order.state not in _UNFINISHED:
            await self._announce_since(order, ticket.version)
            return Done()
        if self.preparation.lasts_long and (swap := swap_for(ticket, message)):
            return await self._queue_instead(swap)
        try:
            async with self.preparation.turn(order):
                return await self._work_on(order, ticket, message)
        except MovedOnError:
            return await self._serve_anew(ticket, message)
        except LetGoError:
            return Retry(0, "the worker stops")

    async def _serve_anew(self, ticket: Ticket, message: Message) -> Outcome:
        """Serve an order as it is now; if its ticket was delivered twice, the other one has it."""
        order = await self._get(ticket.order_id)
        held = order.claim if order else None
        if held and held.ticket == message.message_id and self.clock() < held.until:
            return self._leave()
        return await self._serve(order, ticket, message)

    def _leave(self) -> Outcome:
        """Leave the order to who has it, until its claim has lapsed unless it is renewed."""
        return Retry(self.claims.duration.total_seconds(), "changed by somebody else")

    async def _work_on(self, order: Order, ticket: Ticket, message: Message) -> Outcome:
        try:
            return await self._finish(order, ticket, message.message_id)
        except ClaimHeldError as held:
            return await self._wait_for_claim(held, ticket, message)
        except OrderChangedError:
            return self._leave()
        except LetGoError as stopped:
            return await self._give_back(stopped.order)
        except _InterruptedError as interrupted:
            return await self._put_back(interrupted.order)

    async def _announce_since(self, order: Order, version: int) -> None:
        for change in history(order, version):
            await self._announce(change)

    async def _queue_instead(self, ticket: Ticket) -> Outcome:
        """Queue a ticket in the place of the one in hand, which is deleted after that."""
        await self._retry(lambda _: send_ticket(self.tickets, ticket))
        log.info("ticket.swapped", swaps=ticket.swaps)
        return Done()

    async def _wait_for_claim(
        self, held: ClaimHeldError, ticket: Ticket, message: Message
    ) -> Outcome:
        """Leave the order to who has it; a second ticket of it may have to wait for hours."""
        if is_worn(message):
            return await self._queue_instead(ticket)
        # A clock that was set back must not make it longer than a claim can be.
        pause = min(held.remaining, self.claims.duration).total_seconds()
        return Retry(pause, "claimed by another barista")

    async def _put_back(self, order: Order) -> Outcome:
        """Queue a released order anew; one that was canceled needs no ticket any more."""
        if order.state is OrderState.PLACED:
            await self._announce(order)
            return await self._queue_instead(ticket_for(order))
        return Done()

    async def _give_back(self, order: Order) -> Outcome:
        """End the claim, so that another barista takes the order at once; it lapses anyway."""
        with contextlib.suppress(OrderChangedError, UnavailableError, TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                await self.claims.end(order)
        return Retry(0, "the worker stops")

    async def _finish(self, order: Order, ticket: Ticket, message_id: str) -> Outcome:
        with self.progress.preparing():
            begun = await self._begin(await self._claim(order, message_id), ticket)
            prepared = await self._unless_moved(self.preparation.prepare(begun), begun)
            ready = prepared
            if prepared.state is OrderState.PREPARING:
                ready = await self._unless_moved(self._complete(prepared), begun)
            if ready.reached(OrderState.READY) is None:
                raise _InterruptedError(ready)
        if prepared.state is OrderState.PREPARING:
            await self._announce_since(ready, begun.version)
        return Done()

    async def _claim(self, order: Order, message_id: str) -> Order:
        now = self.clock()
        claimed = claim(order, message_id, now, now + self.claims.duration)
        try:
            await self._record(order, claimed)
        except OrderChangedError as changed:
            raise MovedOnError(order.id) from changed  # it is not as it was read
        log.info("order.claimed", number=claimed.number, attempt=claimed.attempt)
        return claimed

    async def _begin(self, order: Order, ticket: Ticket) -> Order:
        """Announce the changes since the ticket was queued, the claim among them.

        Renews the claim before each further attempt.
        """

        async def announce(attempt: int) -> Order:
            held = order if attempt == 1 else await self.claims.renew(order)
            for change in history(held, min(ticket.version, held.version - 1)):
                await self.announcer.announce(change)
            return held

        return await self._retry(announce)

    async def _unless_moved(self, step: Awaitable[Order], claimed: Order) -> Order:
        """Return what `step` does, or the order as staff have moved it meanwhile.

        Raises OrderChangedError when somebody else has changed it.
        """
        try:
            return await step
        except OrderChangedError:
            order = await self._get(claimed.id)
            if order is None or not moved_by_staff(order, claimed):
                raise
            return order

    async def _complete(self, order: Order) -> Order:
        ready = advance(order, OrderState.READY, self.clock())
        await self._record(order, ready)
        log.info("order.ready", number=ready.number, attempt=ready.attempt)
        return ready

    async def _announce(self, order: Order) -> None:
        await self._retry(lambda _: self.announcer.announce(order))

    async def _record(self, before: Order, after: Order) -> None:
        """Write `after` over `before`; raises OrderChangedError if another write came first."""

        async def write(attempt: int) -> None:
            try:
                await self.store.replace(before, after)
            except OrderChangedError:
                # An earlier attempt may have succeeded, and only its answer was lost.
                if attempt == 1 or await self.store.get(before.id) != after:
                    raise

        await self._retry(write)

    async def _retry(self, step: Callable[[int], Awaitable[_T]]) -> _T:
        """Repeat a step, given its attempt number, while the store or the topic is unavailable."""
        return await retry_until_available(
            step, "order.step_retried", pause=retry_pause, wait=self.wait
        )
