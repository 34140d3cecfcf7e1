"""An order as the API shows it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shared.clock import Timestamp
from shared.domain.estimate import remaining
from shared.domain.order import Order, OrderState, Serve
from shared.domain.tax import show_rate, tax_by_rate
from shared.web.fields import PrintableText

Station = Annotated[PrintableText, Field(max_length=40)]
"""Who makes a part of each order; while there is one station, it is not looked at."""

_WAITING = frozenset({OrderState.PLACED, OrderState.PREPARING})


class EstimateModel(BaseModel):
    """How many seconds it will take, most likely between these two."""

    model_config = ConfigDict(from_attributes=True)

    low_seconds: int
    high_seconds: int


class OrderedItem(BaseModel):
    """What was ordered by one line of an order, and how."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    item: str
    name: str
    size: str
    modifiers: list[str]
    quantity: int
    note: str | None


class LineModel(OrderedItem):
    """One line of an order, at the price it was ordered for (minor units)."""

    unit_price: int
    total: int
    tax_rate: Annotated[str, BeforeValidator(show_rate)]
    tax: int


class TaxModel(BaseModel):
    """What an order has at one rate of tax, which is in percent."""

    model_config = ConfigDict(from_attributes=True)

    rate: Annotated[str, BeforeValidator(show_rate)]
    net: int
    tax: int
    gross: int


class TimelineModel(BaseModel):
    """A state that the order reached, and when; for staff also by whose key, if any."""

    state: OrderState
    at: Timestamp
    by: str | None = Field(default=None, exclude_if=lambda by: by is None)


class OrderModel(BaseModel):
    """An order. Prices are in minor units of `currency`; `estimate` ends when it is ready.

    `attempt` counts how often a barista took it. A remake is free of charge, and names the order
    that it is a `remake_of`; that one names the newest order that it was `remade_as`.
    `total` is what is paid. Prices of lines have their tax in them if `prices_include_tax`; they
    are those of the menu's version `menu_version`.
    """

    id: str
    number: str
    store_id: str
    state: OrderState
    version: int
    attempt: int
    customer_name: str
    items: list[LineModel]
    currency: str
    total: int
    tax: int
    taxes: list[TaxModel]
    prices_include_tax: bool
    serve: Serve | None
    menu_version: int
    placed_at: Timestamp
    preparing_at: Timestamp | None
    ready_at: Timestamp | None
    collected_at: Timestamp | None
    canceled_at: Timestamp | None
    timeline: list[TimelineModel]
    estimate: EstimateModel | None
    cancel_reason: str | None
    remake_of: str | None
    remade_as: str | None


Shown = TypeVar("Shown", bound=OrderModel)


def show_order(order: Order, now: dt.datetime, *, to_staff: bool = False) -> OrderModel:
    """Show an order to holders of its id, or to staff, who also see who moved it."""
    return show_order_as(OrderModel, order, now, to_staff=to_staff)


def show_order_as(
    model: type[Shown], order: Order, now: dt.datetime, *, to_staff: bool = False
) -> Shown:
    """Show an order by a model that has more fields, all with defaults."""
    left = None
    if order.estimate is not None and order.state in _WAITING:
        left = remaining(order.estimate, (now - order.placed_at).total_seconds())
    return model(
        id=order.id,
        number=order.number,
        store_id=order.store_id,
        state=order.state,
        version=order.version,
        attempt=order.attempt,
        customer_name=order.customer_name,
        items=[LineModel.model_validate(item) for item in order.items],
        currency=order.currency,
        total=order.total,
        tax=order.tax,
        taxes=[TaxModel.model_validate(each) for each in tax_by_rate(order)],
        prices_include_tax=order.prices_include_tax,
        serve=order.serve,
        menu_version=order.menu_version,
        placed_at=order.placed_at,
        preparing_at=order.reached(OrderState.PREPARING),
        ready_at=order.reached(OrderState.READY),
        collected_at=order.reached(OrderState.COLLECTED),
        canceled_at=order.reached(OrderState.CANCELED),
        timeline=[
            TimelineModel(state=entry.state, at=entry.at, by=entry.by if to_staff else None)
            for entry in order.timeline
        ],
        estimate=None if left is None else EstimateModel.model_validate(left),
        cancel_reason=order.cancel_reason,
        remake_of=order.remake_of,
        remade_as=order.remade_as,
    )
