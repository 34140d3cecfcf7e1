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
from dataclasses import dataclass

import structlog

from producer.dead_letters.verdicts import must_fail, refusal, ticket_in
from producer.handover import Handover
from shared.aws.batcher import EntryFailedError
from shared.aws.dead_letters import DeadLetter, DeadLetters
from shared.aws.errors import AwsUnavailableError
from shared.domain.order import Order, OrderState, advance
from shared.runtime.clock import Clock
from shared.store.contract import OrderChangedError, OrderStore, StoreUnavailableError

log = structlog.stdlib.get_logger(__name__)

MOST_HELD = 1000
"""How many dead letters are looked at in one go."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A dead letter, by its id, that was not redriven, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Redrive:
    """What became of a redrive: ids of dead letters, and how many were not even looked at."""

    redriven: Sequence[str]
    refused: Sequence[Refused]
    left: int


class Redriving:
    """Gives orders that have failed another chance."""

    def __init__(
        self, dead_letters: DeadLetters, store: OrderStore, handover: Handover, clock: Clock
    ) -> None:
        self._dead_letters = dead_letters
        self._store = store
        self._handover = handover
        self._clock = clock

    async def redrive(self, ids: Collection[str] | None, *, dry_run: bool) -> Redrive:
        """Redrive the dead letters of these ids, or all, but not more than MOST_HELD at once.

        With `dry_run` it is only said what would become of them.
        """
        total = await self._dead_letters.count()
        async with self._dead_letters.held(MOST_HELD) as letters:
            chosen = [letter for letter in letters if ids is None or letter.id in ids]
            outcomes = await asyncio.gather(
                *(
                    self._redrive(order_id, of_order, dry_run=dry_run)
                    for order_id, of_order in _by_order(chosen).items()
                )
            )
        redrive = _summed_up(chosen, outcomes, ids or (), max(0, total - len(letters)))
        if not dry_run:
            counts = {"redriven": len(redrive.redriven), "refused": len(redrive.refused)}
            log.info("dead_letters.redriven", **counts)
        return redrive

    async def _redrive(
        self, order_id: str | None, letters: Sequence[DeadLetter], *, dry_run: bool
    ) -> list[Refused]:
        """Redrive an order by all its dead letters at once, or refuse them all."""
        try:
            reason = await self._redrive_order(order_id, letters, dry_run=dry_run)
            if reason is None and not dry_run:
                await asyncio.gather(*(self._dead_letters.delete(letter) for letter in letters))
        except OrderChangedError:
            reason = "the order was changed at the same time; try again"
        except (AwsUnavailableError, EntryFailedError, StoreUnavailableError) as error:
            log.warning("dead_letter.not_redriven", order_id=order_id, error=str(error))
            reason = "the queue or the order store is out of reach; try again"
        return [] if reason is None else [Refused(letter.id, reason) for letter in letters]

    async def _redrive_order(
        self, order_id: str | None, letters: Sequence[DeadLetter], *, dry_run: bool
    ) -> str | None:
        """Place an order anew and queue its ticket; say why not, where that cannot be."""
        if order_id is None:
            return "not a ticket"
        order = await self._store.get(order_id)
        if order is None:
            return "no such order"
        reason = refusal(order, self._clock())
        if reason is None and not dry_run:
            await self._handover.again(await self._placed_anew(order, letters))
        return reason

    async def _placed_anew(self, order: Order, letters: Iterable[DeadLetter]) -> Order:
        now = self._clock()
        if any(must_fail(order, letter, now) for letter in letters):
            order = await self._moved(order, OrderState.FAILED)
            await self._handover.tell(order)
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


def _summed_up(
    chosen: Sequence[DeadLetter],
    outcomes: Iterable[Sequence[Refused]],
    asked_for: Iterable[str],
    left: int,
) -> Redrive:
    refused = [refusal for of_order in outcomes for refusal in of_order]
    here = {letter.id for letter in chosen}
    missing = [Refused(i, "no such dead letter") for i in asked_for if i not in here]
    redriven = here - {refusal.id for refusal in refused}
    return Redrive(sorted(redriven), [*refused, *missing], left)
