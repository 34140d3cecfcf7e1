"""Copies of an order: without its customer, made again, and what becomes of the first one then."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from shared.domain.order import Order, OrderState, TimelineEntry, advance

FORGOTTEN = "forgotten"
"""The name that orders of forgotten customers have."""


def forget_customer(order: Order) -> Order:
    """Remove name, notes and cancel reason, and the fingerprint: a name can be guessed from it.

    Number, lines, prices and states stay. The version does not change: no state did.
    """
    items = tuple(replace(item, note=None) for item in order.items)
    return replace(
        order,
        customer_name=FORGOTTEN,
        items=items,
        fingerprint="",
        cancel_reason=None,
        forgotten=True,
    )


def remake(order: Order, order_id: str, at: dt.datetime, by: str | None = None) -> Order:
    """Copy what was ordered into a new order, placed at `at` and free of charge.

    It has no number yet, and refers to the first order, also when that was a remake itself.
    """
    return replace(
        order,
        id=order_id,
        number="",
        state=OrderState.PLACED,
        version=1,
        attempt=0,
        claim=None,
        items=tuple(replace(item, unit_price=0, tax=0) for item in order.items),
        timeline=(TimelineEntry(OrderState.PLACED, at, by),),
        estimate=None,
        cancel_reason=None,
        remake_of=order.remake_of or order.id,
        remade_as=None,
    )


def supersede(order: Order, remake_id: str, at: dt.datetime, by: str | None = None) -> Order:
    """Refer an order to its newest remake, which its customer gets in its place.

    One that is ready is collected by that: it was sold, and waits for nobody any more. In another
    state it stays in it.
    """
    is_ready = order.state is OrderState.READY
    left = advance(order, OrderState.COLLECTED, at, by) if is_ready else order
    return replace(left, remade_as=remake_id)
