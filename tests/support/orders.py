"""An order as the cashier would record it."""

from __future__ import annotations

import datetime as dt
import secrets

from shared.domain.order import LineItem, Order, OrderState, TimelineEntry

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


def an_order(order_id: str | None = None, *, prep_seconds: int = 45) -> Order:
    return Order(
        id=order_id or secrets.token_hex(13),
        number="",
        store_id="main",
        customer_name="Ada",
        items=(
            LineItem(
                id="1",
                item="latte",
                name="Caffè latte",
                size="large",
                modifiers=("oat-milk",),
                quantity=2,
                unit_price=520,
                note="hot",
            ),
        ),
        currency="USD",
        prep_seconds=prep_seconds,
        timeline=(TimelineEntry(OrderState.PLACED, NOON),),
        fingerprint="f" * 64,
        correlation_id="abc",
    )
