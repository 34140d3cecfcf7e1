"""Moves: of orders that were read a moment too early, and whose write nobody has confirmed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import cast

import pytest

from producer.orders.dispatcher import OrderDispatcher
from producer.orders.errors import NotCompletableError
from producer.orders.moves import OrderMoves
from shared.domain.order import Order, OrderState, advance, claim
from shared.store.contract import OrderChangedError, OrderStore, StoreUnavailableError
from tests.support.orders import NOON, an_order


@dataclass
class Unconfirmed:
    """A store that makes a write, and does not say so; and a dispatcher that counts."""

    order: Order
    announced: list[Order] = field(default_factory=list)

    async def peek(self, _: str) -> Order:
        return self.order

    async def replace(self, _: Order, after: Order) -> None:
        self.order = after
        raise StoreUnavailableError("it did not answer")

    async def announce(self, *orders: Order) -> None:
        self.announced += orders


async def test_a_move_that_the_store_did_not_confirm_is_in_doubt_since_it_was_made() -> None:
    shop = Unconfirmed(claim(an_order(), "a ticket", NOON, NOON))
    doubts: list[dt.datetime] = []
    moves = OrderMoves(
        store=cast("OrderStore", shop),
        dispatcher=cast("OrderDispatcher", shop),
        clock=lambda: NOON,
        on_doubt=doubts.append,
    )
    with pytest.raises(StoreUnavailableError):
        await moves.complete(shop.order.id, 1, "owner")
    assert doubts == [NOON]
    assert shop.announced == []


@dataclass
class Lagging:
    """A store of one order that `peek` shows as it was before, and a dispatcher."""

    before: Order | None
    order: Order

    async def peek(self, _: str) -> Order | None:
        return self.before

    async def get(self, _: str) -> Order:
        return self.order

    async def replace(self, before: Order, after: Order) -> None:
        if before != self.order:
            raise OrderChangedError(before.id)
        self.order = after

    async def announce_if_new(self, order: Order) -> None:
        assert order == self.order


def moves_of(shop: Lagging) -> OrderMoves:
    return OrderMoves(
        store=cast("OrderStore", shop),
        dispatcher=cast("OrderDispatcher", shop),
        clock=lambda: NOON,
        on_doubt=lambda _: None,
    )


PLACED = an_order()
CLAIMED = claim(PLACED, "a ticket", NOON, NOON)
CLAIMED_AGAIN = claim(CLAIMED, "another ticket", NOON, NOON)


@pytest.mark.parametrize(
    "before", [None, PLACED, CLAIMED], ids=["not there yet", "placed", "of an earlier attempt"]
)
async def test_an_order_that_was_read_too_early_is_moved_as_it_is_now(before: Order | None) -> None:
    shop = Lagging(before, CLAIMED_AGAIN)
    moved = await moves_of(shop).complete(PLACED.id, 2, "owner")
    assert (moved.state, shop.order) == (OrderState.READY, moved)


async def test_what_fits_an_order_no_more_is_refused_though_it_was_read_too_early() -> None:
    shop = Lagging(CLAIMED, advance(CLAIMED, OrderState.CANCELED, NOON))
    with pytest.raises(NotCompletableError, match="canceled"):
        await moves_of(shop).complete(PLACED.id, 1, "owner")
