"""Cashiers, baristas and staff that each leave out one precaution."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
from shared.messages.ticket import send_ticket, ticket_for
from tests.model.host import Host
from tests.model.ports import announcer_of
from tests.model.record import Record
from tests.model.staff import Staff
from worker.barista import Announcer, Barista


class UnfencedClaims(Record):
    """Accepts every claim, whatever the order's state."""

    def may_replace(self, before: Order, after: Order) -> bool:
        return after.attempt > before.attempt or super().may_replace(before, after)


def claim_regardless(order: Order, *claim: object) -> Order:
    """Claim an order though another barista's claim stands."""
    return orders.claim(replace(order, claim=None), *claim)  # type: ignore[arg-type]


class UnfencedCompletions(Record):
    """Accepts every completion, from any attempt."""

    def may_replace(self, before: Order, after: Order) -> bool:
        return after.state is OrderState.READY or super().may_replace(before, after)


class UnconditionalPlaces(Record):
    """Records an order over another of the same id."""

    def may_place(self, order: Order) -> bool:  # noqa: ARG002 - that is the point
        return True


class QueuesBeforeStoring(Cashier):
    """Records an order only after its ticket was queued."""

    async def place(self, request: OrderRequest) -> Placed:
        admitted = await self.admission.admit(self.clock())
        order_id = self.ids.of_key(str(request.idempotency_key))
        order = await self._quoted(order_id, request, admitted)
        await send_ticket(self.dispatcher._tickets, ticket_for(order))  # noqa: SLF001 - its steps
        placement = await self.store.place(order, admitted.business_day)
        await self.dispatcher._announcer.announce(placement.order)  # noqa: SLF001
        return Placed(placement.order, placement.created, None)


class QueuesBeforeAnnouncing(OrderDispatcher):
    """Announces an order only after its ticket was queued."""

    async def _queue(self, order: Order, *, has_subscribers: bool = True) -> None:
        await send_ticket(self._tickets, ticket_for(order))
        await self._announcer.announce(order, has_subscribers=has_subscribers)


class DoneWhenFenced(Barista):
    """Takes an order for finished if another process has changed it."""

    async def take(self, message: Message) -> Outcome:
        outcome = await super().take(message)
        fenced = isinstance(outcome, Retry) and outcome.reason == "changed by somebody else"
        return Done() if fenced else outcome


class AnnouncesAfterDeleting(Staff):
    """Announces that an order is ready only after its ticket was deleted."""

    async def deliver(self, host: Host, record: Record, message: Message) -> None:
        announcer = _Postponing(announcer_of(host, record))
        await self.at_work(host, record, announcer).do(message)
        await announcer.announce_postponed()


class _Postponing:
    def __init__(self, announcer: Announcer) -> None:
        self._announcer = announcer
        self._ready: list[Order] = []

    async def announce(self, order: Order) -> None:
        if order.state is OrderState.READY:
            self._ready.append(order)
        else:
            await self._announcer.announce(order)

    async def announce_postponed(self) -> None:
        for order in self._ready:
            await self._announcer.announce(order)


def only_the_last(order: Order, _since: int = 0) -> Sequence[Order]:
    """Give only the last change of an order's history."""
    return [order]


class RedrivesWithoutFailing(DeadLetterRedriver):
    """Queues a fresh ticket for an order that has not failed yet, and leaves the order as it is."""

    async def _placed_anew(self, order: Order, letters: Collection[DeadLetter]) -> Order:
        failed = order.state is OrderState.FAILED
        return await super()._placed_anew(order, letters) if failed else order


class DeletesBeforeQueuing(DeadLetterRedriver):
    """Deletes the dead letters before it places their order anew."""

    async def _give_ticket(
        self, selection: RedriveSelection, order: Order, letters: Collection[DeadLetter]
    ) -> None:
        for letter in letters:
            await self.dead_letters.delete(letter)
        await super()._give_ticket(selection, order, letters)


def nothing(*_: object) -> Sequence[Order]:
    """Leave the barista's announcements to it, though its ticket is dead."""
    return []
