"""Redrives dead letters: their orders are placed anew, and given fresh tickets.

Order placed, announced, ticket queued, dead letter deleted, in this order. Cut off anywhere, the
dead letter is still there, and can be redriven again; a second ticket is harmless. An order that
has not failed yet fails first, so that whoever still reads the same dead letter finds a leftover:
what was redriven is not failed by it after all.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import structlog

from producer.dead_letters.redrive import Redrive, RedriveTally
from producer.dead_letters.rules import must_fail, refusal, ticket_in, unannounced_changes
from producer.orders.dispatcher import OrderDispatcher
from shared.aws.batcher import EntryFailedError
from shared.aws.dead_letters import MAX_LEASED, DeadLetter, DeadLetters
from shared.aws.errors import AwsUnavailableError
from shared.clock import Clock
from shared.domain.order import Order, OrderState, advance
from shared.store.contract import OrderChangedError, OrderStore, StoreUnavailableError

log = structlog.stdlib.get_logger(__name__)


class DeadLetterRedriver:
    """Gives orders that have failed another chance."""

    def __init__(
        self,
        dead_letters: DeadLetters,
        store: OrderStore,
        dispatcher: OrderDispatcher,
        clock: Clock,
    ) -> None:
        self._dead_letters = dead_letters
        self._store = store
        self._dispatcher = dispatcher
        self._clock = clock

    async def redrive(
        self, ids: Collection[str] | None, limit: int = MAX_LEASED, *, dry_run: bool
    ) -> Redrive:
        """Redrive the dead letters of these ids, or all, until `limit` of them are redriven.

        With `dry_run` it is only said what would become of them.
        """
        tally = RedriveTally(ids, limit)
        async with self._dead_letters.pages() as pages:
            async for letters in pages:
                for chosen in tally.choose(letters):
                    await self._redrive_some(tally, chosen, dry_run=dry_run)
                if tally.is_complete:
                    break
        redrive = tally.summed_up(pages.left)
        if not dry_run:
            counts = {"redriven": len(redrive.redriven), "refused": len(redrive.refused)}
            log.info("dead_letters.redriven", left=redrive.left, **counts)
        return redrive

    async def _redrive_some(
        self, tally: RedriveTally, letters: Iterable[DeadLetter], *, dry_run: bool
    ) -> None:
        by_order = _by_order(letters)
        work = [self._redrive(tally, *one, dry_run=dry_run) for one in by_order.items()]
        reasons = await asyncio.gather(*work)
        for of_order, reason in zip(by_order.values(), reasons, strict=True):
            tally.add(of_order, reason)

    async def _redrive(
        self,
        tally: RedriveTally,
        order_id: str | None,
        letters: Sequence[DeadLetter],
        *,
        dry_run: bool,
    ) -> str | None:
        """Redrive an order by some of its dead letters at once, or say why not."""
        if order_id is None:
            return "not a ticket"
        try:
            order = await self._store.get(order_id)
            if order is None:
                return "no such order"
            reason = refusal(order, self._clock())
            if reason is None and not dry_run:
                await self._give_ticket(tally, order, letters)
                await asyncio.gather(*(self._dead_letters.delete(letter) for letter in letters))
        except OrderChangedError:
            return "the order was changed at the same time; try again"
        except (AwsUnavailableError, EntryFailedError, StoreUnavailableError) as error:
            log.warning("dead_letter.not_redriven", order_id=order_id, error=str(error))
            return "the queue or the order store is out of reach; try again"
        return reason

    async def _give_ticket(
        self, tally: RedriveTally, order: Order, letters: Iterable[DeadLetter]
    ) -> None:
        """Place an order anew and queue its ticket, unless it was given one by another letter."""
        placed = await self._placed_anew(order, letters)
        if tally.ticketed.get(placed.id) != placed.version:
            await self._dispatcher.requeue(placed)
            tally.ticketed[placed.id] = placed.version

    async def _placed_anew(self, order: Order, letters: Iterable[DeadLetter]) -> Order:
        now = self._clock()
        if any(must_fail(order, letter, now) for letter in letters):
            unannounced = unannounced_changes(order)
            order = await self._moved(order, OrderState.FAILED)
            await self._dispatcher.announce(*unannounced, order)
        if order.state is OrderState.FAILED:
            order = await self._moved(order, OrderState.PLACED)
        return order

    async def _moved(self, order: Order, to: OrderState) -> Order:
        moved = advance(order, to, self._clock())
        await self._store.replace(order, moved)
        return moved


def _by_order(letters: Iterable[DeadLetter]) -> Mapping[str | None, list[DeadLetter]]:
    grouped: defaultdict[str | None, list[DeadLetter]] = defaultdict(list)
    for letter in letters:
        ticket = ticket_in(letter)
        grouped[ticket.order_id if ticket else None].append(letter)
    return grouped
