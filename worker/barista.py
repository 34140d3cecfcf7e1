"""The barista: from a ticket to a finished order, one named step after the other.

Claim, announce, prepare, complete, announce; the engine deletes the ticket only after that. So an
undeleted ticket is the outbox: a step that was cut off is repeated when the ticket comes back.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import structlog
from pydantic import ValidationError

from shared.clock import Clock
from shared.consuming.backoff import full_jitter
from shared.consuming.message import Message
from shared.consuming.outcome import Done, Outcome, Reject, Retry
from shared.domain.errors import ClaimHeldError
from shared.domain.order import Order, OrderState, advance, claim, history, renew
from shared.messages.ticket import Ticket
from shared.runtime.retry import retry_until_available
from shared.store.contract import OrderChangedError, OrderStore
from worker.progress import Progress

log = structlog.stdlib.get_logger(__name__)

_LONGEST_PAUSE = 5

_UNFINISHED = frozenset({OrderState.PLACED, OrderState.PREPARING})
"""States in which an order was announced before it could be completed or canceled."""

_T = TypeVar("_T")

Wait = Callable[[float], Awaitable[None]]
"""Waits so many seconds: `asyncio.sleep`, except in tests."""


class Announcer(Protocol):
    """Publishes what has happened to an order."""

    async def announce(self, order: Order) -> None:
        """Return once the announcement is confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Barista:
    """Prepares orders.

    `claim_for` is how long a claim holds unless it is renewed; `brew_speed` divides preparation
    times, and 0 leaves them out.
    """

    store: OrderStore
    announcer: Announcer
    clock: Clock
    wait: Wait
    claim_for: dt.timedelta
    brew_speed: float
    progress: Progress = field(default_factory=Progress)

    async def take(self, message: Message) -> Outcome:
        """Finish the order of a ticket, and decide what to do with the ticket.

        While the store or a topic is unavailable, the barista keeps the ticket and retries that
        step: handing it back would raise its receive count, until SQS dead-letters a good ticket.
        """
        with self.progress.handling(message):
            try:
                ticket = Ticket.model_validate_json(message.body)
            except ValidationError as error:
                return Reject(f"not a ticket: {error.errors()[0]['msg']}")
            return await self._serve(ticket.order_id, message.message_id)

    async def _serve(self, order_id: str, ticket: str) -> Outcome:
        order = await self._retry(lambda _: self.store.get(order_id))
        if order is None:
            return Reject("no such order")
        try:
            return await self._finish(order, ticket)
        except ClaimHeldError as held:
            # A clock that was set back must not make it longer than a claim can be.
            pause = min(held.remaining, self.claim_for).total_seconds()
            return Retry(pause, "claimed by another barista")
        except OrderChangedError:
            return Retry(self.claim_for.total_seconds(), "changed by somebody else")

    async def _finish(self, order: Order, ticket: str) -> Outcome:
        if order.state in _UNFINISHED:
            with self.progress.preparing():
                order = await self._begin(await self._claim(order, ticket), ticket)
                order = await self._prepare(order, ticket)
                order = await self._complete(order)
        for change in history(order):
            if change.state not in _UNFINISHED:
                await self._announce(change)
        return Done()

    async def _claim(self, order: Order, ticket: str) -> Order:
        now = self.clock()
        claimed = await self._record(order, claim(order, ticket, now, now + self.claim_for))
        log.info("order.claimed", number=claimed.number, attempt=claimed.attempt)
        return claimed

    async def _begin(self, order: Order, ticket: str) -> Order:
        """Announce that an order is being prepared; renew its claim before each further attempt."""

        async def announce(attempt: int) -> Order:
            held = order if attempt == 1 else await self._renew(order, ticket)
            await self.announcer.announce(held)
            return held

        return await self._retry(announce)

    async def _prepare(self, order: Order, ticket: str) -> Order:
        """Wait for the preparation time; renew the claim at every third of `claim_for`."""
        remaining = order.prep_seconds / self.brew_speed if self.brew_speed else 0
        renew_after = self.claim_for.total_seconds() / 3
        while remaining > renew_after:
            await self.wait(renew_after)
            remaining -= renew_after
            order = await self._renew(order, ticket)
        if remaining:
            await self.wait(remaining)
        return order

    async def _complete(self, order: Order) -> Order:
        ready = await self._record(order, advance(order, OrderState.READY, self.clock()))
        log.info("order.ready", number=ready.number, attempt=ready.attempt)
        return ready

    async def _renew(self, order: Order, ticket: str) -> Order:
        return await self._record(order, renew(order, ticket, self.clock() + self.claim_for))

    async def _announce(self, order: Order) -> None:
        await self._retry(lambda _: self.announcer.announce(order))

    async def _record(self, before: Order, after: Order) -> Order:
        """Write `after` over `before`; raises OrderChangedError if another write came first."""

        async def write(attempt: int) -> None:
            try:
                await self.store.replace(before, after)
            except OrderChangedError:
                # An earlier attempt may have succeeded, and only its answer was lost.
                if attempt == 1 or await self.store.get(before.id) != after:
                    raise

        await self._retry(write)
        return after

    async def _retry(self, step: Callable[[int], Awaitable[_T]]) -> _T:
        """Repeat a step, given its attempt number, while the store or the topic is unavailable."""
        return await retry_until_available(step, "order.step_retried", pause=_pause, wait=self.wait)


def _pause(attempt: int) -> float:
    return full_jitter(attempt, random.random, cap=_LONGEST_PAUSE)
