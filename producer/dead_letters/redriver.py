"""Redrives dead letters: their orders are placed anew, and given fresh tickets.

Order placed, announced, ticket queued, dead letter deleted, in this order. Cut off anywhere, the
dead letter is still there, and can be redriven again; a second ticket is harmless. An order that
has not failed yet fails first: the same dead letter, read by a reconciler meanwhile, is then older
than the new placement, and fails it no more.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

import structlog

from producer.dead_letters.redrive_selection import RedriveResult, RedriveSelection
from producer.dead_letters.rules import must_fail, refusal, ticket_in, unannounced_changes
from producer.orders.dispatcher import OrderDispatcher
from shared.aws.batcher import EntryFailedError
from shared.aws.dead_letters import MAX_LEASED, DeadLetter, DeadLetters
from shared.clock import Clock
from shared.domain.errors import UnavailableError
from shared.domain.order import Order, OrderState, advance, log_id
from shared.store.contract import OrderChangedError, OrderStore

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterRedriver:
    """Gives orders that have failed another chance."""

    dead_letters: DeadLetters
    store: OrderStore
    dispatcher: OrderDispatcher
    clock: Clock

    async def redrive(
        self, ids: Collection[str] | None, limit: int = MAX_LEASED, *, dry_run: bool
    ) -> RedriveResult:
        """Redrive the dead letters of these ids, or all, until `limit` of them are redriven.

        With `dry_run` nothing changes; the result is what would become of them.
        """
        selection = RedriveSelection(ids, limit)
        async with self.dead_letters.pages() as pages:
            async for letters in pages:
                for chosen in selection.choose(letters):
                    await self._redrive_portion(selection, chosen, dry_run=dry_run)
                if selection.is_complete:
                    break
        redrive = selection.result(pages.left)
        if not dry_run:
            counts = {"redriven": len(redrive.redriven), "refused": len(redrive.refused)}
            log.info("dead_letters.redriven", left=redrive.left, **counts)
        return redrive

    async def _redrive_portion(
        self, selection: RedriveSelection, letters: Iterable[DeadLetter], *, dry_run: bool
    ) -> None:
        by_order = _by_order(letters)
        reasons = await asyncio.gather(
            *(self._redrive_order(selection, *one, dry_run=dry_run) for one in by_order.items())
        )
        for of_order, reason in zip(by_order.values(), reasons, strict=True):
            selection.add(of_order, reason)

    async def _redrive_order(
        self,
        selection: RedriveSelection,
        order_id: str | None,
        letters: Sequence[DeadLetter],
        *,
        dry_run: bool,
    ) -> str | None:
        """Redrive an order by some of its dead letters; return why not, or none if it was."""
        if order_id is None:
            return "not a ticket"
        try:
            order = await self.store.get(order_id)
            if order is None:
                return "no such order"
            reason = refusal(order, self.clock())
            if reason is None and not dry_run:
                await self._give_ticket(selection, order, letters)
                await asyncio.gather(*(self.dead_letters.delete(letter) for letter in letters))
        except OrderChangedError:
            return "the order was changed at the same time; try again"
        except (UnavailableError, EntryFailedError) as error:
            log.warning("dead_letter.not_redriven", order=log_id(order_id), error=str(error))
            return "the queue or the order store is unavailable; try again"
        return reason

    async def _give_ticket(
        self, selection: RedriveSelection, order: Order, letters: Collection[DeadLetter]
    ) -> None:
        """Place an order anew, and queue its ticket unless another letter's redrive has."""
        placed = await self._placed_anew(order, letters)
        if selection.ticketed.get(placed.id) != placed.version:
            await self.dispatcher.requeue(placed)
            selection.ticketed[placed.id] = placed.version

    async def _placed_anew(self, order: Order, letters: Collection[DeadLetter]) -> Order:
        now = self.clock()
        if any(must_fail(order, letter, now) for letter in letters):
            oldest = min(filter(None, map(ticket_in, letters)), key=attrgetter("version"))
            unannounced = unannounced_changes(order, oldest)
            order = await self._moved(order, OrderState.FAILED)
            await self.dispatcher.announce(*unannounced, order)
        if order.state is OrderState.FAILED:
            order = await self._moved(order, OrderState.PLACED)
        return order

    async def _moved(self, order: Order, to: OrderState) -> Order:
        moved = advance(order, to, self.clock())
        await self.store.replace(order, moved)
        return moved


def _by_order(letters: Iterable[DeadLetter]) -> Mapping[str | None, list[DeadLetter]]:
    grouped: defaultdict[str | None, list[DeadLetter]] = defaultdict(list)
    for letter in letters:
        ticket = ticket_in(letter)
        grouped[ticket.order_id if ticket else None].append(letter)
    return grouped
