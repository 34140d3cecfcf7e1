"""The barista: from a ticket to a finished order, one named step after the other.

Claim, announce, prepare, complete, announce; the engine deletes the ticket only after that. So an
undeleted ticket is the outbox: whatever was cut off is done again when the ticket comes back.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import structlog
from pydantic import ValidationError

from shared.aws.errors import AwsUnavailableError
from shared.clock import Clock
from shared.consuming.backoff import full_jitter
from shared.consuming.message import Message
from shared.consuming.outcome import Done, Outcome, Reject, Retry
from shared.domain.errors import ClaimHeldError
from shared.domain.order import Order, OrderState, advance, claim, history, renew
from shared.messages.ticket import Ticket
from shared.store.contract import OrderChangedError, OrderStore, StoreUnavailableError
from worker.preparations import Preparations

log = structlog.stdlib.get_logger(__name__)

OUT_OF_REACH = (StoreUnavailableError, AwsUnavailableError)
"""What is no fault of the ticket's, and passes. Anything else is a failure, which uses it up."""

_LONGEST_PAUSE = 5

_UNFINISHED = frozenset({OrderState.PLACED, OrderState.PREPARING})
"""States in which an order was announced before it could be completed or canceled."""

_T = TypeVar("_T")

Wait = Callable[[float], Awaitable[None]]
"""Lets so many seconds pass: `asyncio.sleep`, but for tests."""


class Announcer(Protocol):
    """Tells the world what has become of an order."""

    async def announce(self, order: Order) -> None:
        """Return once the announcement is confirmed."""


class Barista:
    """Prepares orders.

    `claim_for` is how long a claim holds unless it is renewed; `brew_speed` divides preparation
    times, and 0 leaves them out. `preparations` tells how long the last ones took.
    """

    def __init__(
        self,
        store: OrderStore,
        announcer: Announcer,
        clock: Clock,
        wait: Wait,
        claim_for: dt.timedelta,
        brew_speed: float,
    ) -> None:
        self._store = store
        self._announcer = announcer
        self._clock = clock
        self._wait = wait
        self._claim_for = claim_for
        self._brew_speed = brew_speed
        self.preparations = Preparations(time.monotonic)

    async def take(self, delivery: Message) -> Outcome:
        """Bring the order of a ticket to its end, or say what is to become of the ticket.

        While the store or a topic is out of reach, the barista holds on to the ticket and tries
        that step again: giving it back would use up its deliveries, and make a dead letter of a
        good one.
        """
        try:
            ticket = Ticket.model_validate_json(delivery.body)
        except ValidationError as error:
            return Reject(f"not a ticket: {error.errors()[0]['msg']}")
        with structlog.contextvars.bound_contextvars(order_id=ticket.order_id):
            order = await self._reach(lambda _: self._store.get(ticket.order_id))
            if order is None:
                return Reject("no such order")
            return await self._attend_to(order, delivery.message_id)

    async def _attend_to(self, order: Order, ticket: str) -> Outcome:
        try:
            return await self._serve(order, ticket)
        except ClaimHeldError as held:
            # A clock that was set back must not make it longer than a claim can be.
            pause = min(held.remaining, self._claim_for).total_seconds()
            return Retry(pause, "claimed by another barista")
        except OrderChangedError:
            return Retry(self._claim_for.total_seconds(), "changed by somebody else")

    async def _serve(self, order: Order, ticket: str) -> Outcome:
        if order.state in _UNFINISHED:
            with self.preparations.timed():
                order = await self._begin(await self._claim(order, ticket), ticket)
                order = await self._prepare(order, ticket)
                order = await self._complete(order)
        for change in history(order):
            if change.state not in _UNFINISHED:
                await self._announce(change)
        return Done()

    async def _claim(self, order: Order, ticket: str) -> Order:
        now = self._clock()
        claimed = await self._record(order, claim(order, ticket, now, now + self._claim_for))
        log.info("order.claimed", number=claimed.number, attempt=claimed.attempt)
        return claimed

    async def _begin(self, order: Order, ticket: str) -> Order:
        """Announce that an order is being prepared, and keep its claim up until that is out."""

        async def announce(attempt: int) -> Order:
            held = order if attempt == 1 else await self._renew(order, ticket)
            await self._announcer.announce(held)
            return held

        return await self._reach(announce)

    async def _prepare(self, order: Order, ticket: str) -> Order:
        """Let the preparation's time pass, and renew the claim at every third of it."""
        remaining = order.prep_seconds / self._brew_speed if self._brew_speed else 0
        renew_after = self._claim_for.total_seconds() / 3
        while remaining > renew_after:
            await self._wait(renew_after)
            remaining -= renew_after
            order = await self._renew(order, ticket)
        if remaining:
            await self._wait(remaining)
        return order

    async def _complete(self, order: Order) -> Order:
        ready = await self._record(order, advance(order, OrderState.READY, self._clock()))
        log.info("order.ready", number=ready.number, attempt=ready.attempt)
        return ready

    async def _renew(self, order: Order, ticket: str) -> Order:
        return await self._record(order, renew(order, ticket, self._clock() + self._claim_for))

    async def _announce(self, order: Order) -> None:
        await self._reach(lambda _: self._announcer.announce(order))

    async def _record(self, before: Order, after: Order) -> Order:
        """Write `after` over `before`; raises OrderChangedError when somebody else was first."""

        async def write(attempt: int) -> None:
            try:
                await self._store.replace(before, after)
            except OrderChangedError:
                # An earlier try may have been made after all, and only its answer was lost.
                if attempt == 1 or await self._store.get(before.id) != after:
                    raise

        await self._reach(write)
        return after

    async def _reach(self, step: Callable[[int], Awaitable[_T]]) -> _T:
        """Take a step again and again, told which try it is, until it reaches the other side."""
        for attempt in itertools.count(1):
            try:
                return await step(attempt)
            except OUT_OF_REACH as error:
                log.warning("order.waits", attempt=attempt, error=str(error))
            await self._wait(full_jitter(attempt, random.random, cap=_LONGEST_PAUSE))
        raise AssertionError("it is tried for as long as the lease lasts")
