"""The orders on the board, read once a second however many displays ask for them."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.order import Order, OrderState
from shared.runtime.ttl_cache import TtlCache
from shared.store.contract import OrderStore

BOARD_TTL_SECONDS = 1.0
"""In DynamoDB a read may go through all open orders: with 2,000 waiting it takes 1,056 RRU."""

_ON_BOARD = (OrderState.PREPARING, OrderState.READY)
_MOST_SHOWN = 200
"""A display has only so much room: the newest ones are shown."""


def board_cache(store: OrderStore) -> TtlCache[Sequence[Order]]:
    """Make the cache of the orders that are being prepared, or ready."""
    return TtlCache(lambda: store.open_orders(_ON_BOARD, _MOST_SHOWN), BOARD_TTL_SECONDS)
