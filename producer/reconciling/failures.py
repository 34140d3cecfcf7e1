"""Fails the orders whose tickets are dead letters."""

from __future__ import annotations

import asyncio
import time

import structlog

from producer.dead_letters.rules import must_fail, reason_of, ticket_in, unannounced_changes
from producer.orders.dispatcher import OrderDispatcher
from shared.aws.dead_letters import DeadLetter, DeadLetters, DeadLetterScan
from shared.clock import Clock
from shared.domain.order import Order, OrderState, advance, log_id
from shared.store.contract import OrderChangedError, OrderStore

log = structlog.stdlib.get_logger(__name__)

_AGAIN_SECONDS = 60
"""How often dead letters are read again though their number is the same."""

_OPEN = frozenset({OrderState.PLACED, OrderState.PREPARING})


class Failures:
    """Reads the dead letters when there are new ones, and fails their orders.

    `dead` is how many there were at the last count, None before the first.
    """

    def __init__(
        self,
        *,
        dead_letters: DeadLetters,
        store: OrderStore,
        dispatcher: OrderDispatcher,
        clock: Clock,
    ) -> None:
        self._dead_letters = dead_letters
        self._store = store
        self._dispatcher = dispatcher
        self._clock = clock
        self.dead: int | None = None
        self._handled: frozenset[str] = frozenset()
        # Their number, and how many were removed, when there was nothing left to do for any.
        self._handled_at: tuple[int, int] | None = None
        self._read_at = 0.0

    async def fail(self) -> None:
        """Fail the order of each dead letter, unless it has failed already."""
        count = self.dead = await self._dead_letters.count()
        seen = (count, self._dead_letters.removed)
        recently = time.monotonic() - self._read_at < _AGAIN_SECONDS
        if count == 0 or (recently and seen == self._handled_at):
            return
        changes: list[Order] = []
        try:
            async with self._dead_letters.pages() as pages:
                self._handled = await self._read(pages, changes)
        finally:
            await self._dispatcher.announce(*changes)
        # Letters held by others are read next round; those left when time ran out, after a minute.
        all_handled = len(self._handled) == pages.seen and (pages.left == 0 or pages.cut_short)
        self._handled_at = seen if all_handled else None
        self._read_at = time.monotonic()

    async def _read(self, pages: DeadLetterScan, changes: list[Order]) -> frozenset[str]:
        """Fail the orders of dead letters; return the ids of the letters that are handled.

        Changes to announce are added to `changes`.
        """
        handled: set[str] = set()
        async for letters in pages:
            outcomes = await asyncio.gather(*(self._handle(letter, changes) for letter in letters))
            handled.update(
                letter.id for letter, done in zip(letters, outcomes, strict=True) if done
            )
        return frozenset(handled)

    async def _handle(self, letter: DeadLetter, changes: list[Order]) -> bool:
        try:
            return await self._fail_order(letter, changes)
        except Exception:  # a dead letter's outermost edge: the others are handled all the same
            log.exception("dead_letter.not_handled", letter_id=letter.id)
            return False

    async def _fail_order(self, letter: DeadLetter, changes: list[Order]) -> bool:
        """Fail the order if it must; return whether this letter needs no more attention."""
        ticket = ticket_in(letter)
        if letter.id in self._handled or ticket is None:
            return True
        order = await self._store.get(ticket.order_id)
        if order is None or order.state not in _OPEN:
            changes += unannounced_changes(order, ticket) if order else ()
            return True
        if not must_fail(order, letter, self._clock()):
            return False
        failed = advance(order, OrderState.FAILED, self._clock())
        try:
            await self._store.replace(order, failed)
        except OrderChangedError:
            return False
        log.warning(
            "order.failed", order=log_id(order.id), number=order.number, why=reason_of(letter)
        )
        changes += (*unannounced_changes(order, ticket), failed)
        return True
