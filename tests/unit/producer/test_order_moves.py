"""A move whose write the store does not confirm may have been made: it is announced once more."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import cast

import pytest

from producer.orders.dispatcher import OrderDispatcher
from producer.orders.moves import OrderMoves
from shared.domain.order import Order, claim
from shared.store.contract import OrderStore, StoreUnavailableError
from tests.support.orders import NOON, an_order


@dataclass
class Unconfirmed:
    """A store that makes a write, and does not say so; and a dispatcher that counts."""

    order: Order
    announced: list[Order] = field(default_factory=list)

    async def get(self, _: str) -> Order:
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
