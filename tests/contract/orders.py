"""Orders to put into a store: plain ones, and every kind there can be."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import pytest
from hypothesis import strategies as st

from shared.domain.order import Claim, LineItem, Order, OrderState, TimelineEntry, advance

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
TODAY = NOON.date()

in_isolation = pytest.mark.parametrize("open_shop", ["sqlite", "ministack"], indirect=True)
"""Leaves moto out, which lets other requests come between the halves of a write."""

NewOrder: TypeAlias = Callable[..., Order]
"""Makes an order with an id of its own, placed at noon unless `placed_at` says otherwise."""


def orders_of(store_id: str) -> NewOrder:
    ids = (f"{store_id}-order-{count}" for count in itertools.count(1))

    def new_order(placed_at: dt.datetime = NOON) -> Order:
        return Order(
            id=next(ids),
            number="",
            store_id=store_id,
            customer_name="Ada",
            items=(LineItem("1", "latte", "Caffè latte", "large", ("oat-milk",), 2, 520, "hot"),),
            currency="USD",
            prep_seconds=90,
            timeline=(TimelineEntry(OrderState.PLACED, placed_at),),
            fingerprint="fingerprint",
            correlation_id="correlation",
        )

    return new_order


def moved(order: Order, *states: OrderState) -> Order:
    for state in states:
        order = advance(order, state, order.since + dt.timedelta(seconds=1))
    return order


def ids(orders: Sequence[Order]) -> list[str]:
    return [order.id for order in orders]


# What JSON cannot hold, lone surrogates, is refused before it becomes an order.
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_times = st.datetimes(timezones=st.just(dt.UTC))
_items = st.builds(
    LineItem,
    id=_texts,
    item=_texts,
    name=_texts,
    size=_texts,
    modifiers=st.lists(_texts, max_size=3).map(tuple),
    quantity=st.integers(1, 20),
    unit_price=st.integers(0, 10**9),
    note=st.none() | _texts,
)


def any_order(blank: Order) -> st.SearchStrategy[Order]:
    """Every order that could be recorded under the id of `blank`."""
    return st.builds(
        replace,
        st.just(blank),
        customer_name=_texts,
        items=st.lists(_items, min_size=1, max_size=4).map(tuple),
        timeline=st.lists(
            st.builds(TimelineEntry, st.sampled_from(OrderState), _times), min_size=1, max_size=6
        ).map(tuple),
        fingerprint=_texts,
        correlation_id=_texts,
        state=st.sampled_from(OrderState),
        version=st.integers(1, 1000),
        attempt=st.integers(0, 1000),
        claim=st.none() | st.builds(Claim, _texts, _times),
    )
