"""Those who would work in the shop with one precaution less."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from producer.dead_letters.redrive_selection import RedriveSelection
from producer.dead_letters.redriver import DeadLetterRedriver
from producer.orders.cashier import Cashier, OrderRequest, Placed
from producer.orders.dispatcher import OrderDispatcher
from shared.aws.dead_letters import DeadLetter
from shared.consuming.message import Message
from shared.consuming.outcome import Done, Outcome, Retry
from shared.domain import order as orders
from shared.domain.order import Order, OrderState
from tests.model.host import Host
from tests.model.ports import announcer_of
from tests.model.record import Record
from tests.model.staff import Staff
from worker.barista import Announcer, Barista


class UnfencedClaims(Record):
    """Takes every claim, whatever has become of the order."""

    def may_replace(self, before: Order, after: Order) -> bool:
        return after.attempt > before.attempt or super().may_replace(before, after)


def claim_regardless(order: Order, *claim: object) -> Order:
    """Claim an order though another barista's claim stands."""
    return orders.claim(replace(order, claim=None), *claim)  # type: ignore[arg-type]


class UnfencedCompletions(Record):
    """Takes every completion, whoever makes it."""

    def may_replace(self, before: Order, after: Order) -> bool:
        return after.state is OrderState.READY or super().may_replace(before, after)


class UnconditionalPlaces(Record):
    """Records an order over another of the same id."""

    def may_place(self, order: Order) -> bool:  # noqa: ARG002 - that is the point
        return True


class QueuesBeforeStoring(Cashier):
    """Records an order only when its ticket is on the queue."""

    async def place(self, request: OrderRequest) -> Placed:
        order = await self._admitted(self.ids.of_key(str(request.idempotency_key)), request)
        await self.dispatcher._send_ticket(order)  # noqa: SLF001 - the original's steps
        placement = await self.store.place(order, order.placed_at.date())
        await self.dispatcher._announcer.announce(placement.order)  # noqa: SLF001
        return Placed(placement.order, placement.created, None)


class QueuesBeforeAnnouncing(OrderDispatcher):
    """Announces an order only when its ticket is on the queue."""

    async def _queue(self, order: Order) -> None:
        await self._send_ticket(order)
        await self._announcer.announce(order)


class DoneWhenFenced(Barista):
    """Takes it that an order is finished, if somebody else has changed it."""

    async def take(self, delivery: Message) -> Outcome:
        outcome = await super().take(delivery)
        fenced = isinstance(outcome, Retry) and outcome.reason == "changed by somebody else"
        return Done() if fenced else outcome


class TellsAfterDeleting(Staff):
    """Announces that an order is ready only when its ticket is gone."""

    async def deliver(self, host: Host, record: Record, delivery: Message) -> None:
        announcer = _Postponing(announcer_of(host, record))
        await self.at_work(host, record, announcer).do(delivery)
        await announcer.tell()


class _Postponing:
    def __init__(self, announcer: Announcer) -> None:
        self._announcer = announcer
        self._ready: list[Order] = []

    async def announce(self, order: Order) -> None:
        if order.state is OrderState.READY:
            self._ready.append(order)
        else:
            await self._announcer.announce(order)

    async def tell(self) -> None:
        for order in self._ready:
            await self._announcer.announce(order)


def only_the_last(order: Order) -> Sequence[Order]:
    """Know of an order's history what it is now."""
    return [order]


class RedrivesWithoutFailing(DeadLetterRedriver):
    """Queues a fresh ticket for an order that has not failed yet, and leaves the order as it is."""

    async def _placed_anew(self, order: Order, letters: Iterable[DeadLetter]) -> Order:
        failed = order.state is OrderState.FAILED
        return await super()._placed_anew(order, letters) if failed else order


class DeletesBeforeQueuing(DeadLetterRedriver):
    """Deletes the dead letters before it places their order anew."""

    async def _give_ticket(
        self, selection: RedriveSelection, order: Order, letters: Iterable[DeadLetter]
    ) -> None:
        for letter in letters:
            await self.dead_letters.delete(letter)
        await super()._give_ticket(selection, order, letters)


def nothing(_: Order) -> Sequence[Order]:
    """Leave it to the barista to tell what it did, though its ticket is dead."""
    return []
