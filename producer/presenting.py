"""Orders, the menu and the shop, as the API shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from producer.models import (
    BoardEntry,
    BoardModel,
    ChoiceModel,
    EstimateModel,
    LineModel,
    MenuItemModel,
    MenuModel,
    OrderModel,
    PlacedOrderModel,
    ShopModel,
    TimelineModel,
    UpdatesModel,
    WaitModel,
)
from producer.orders.admission import ShopView
from producer.orders.cashier import Placed
from producer.orders.updates import Updates
from shared.domain.estimate import remaining
from shared.domain.menu import Choice, Menu, MenuItem
from shared.domain.order import LineItem, Order, OrderState

_WAITING = frozenset({OrderState.PLACED, OrderState.PREPARING})


def show_order(order: Order, now: dt.datetime) -> OrderModel:
    """Show an order to whoever holds its id, and to staff."""
    return OrderModel(
        id=order.id,
        number=order.number,
        store_id=order.store_id,
        state=order.state,
        version=order.version,
        customer_name=order.customer_name,
        items=[_show_line(item) for item in order.items],
        currency=order.currency,
        total=order.total,
        placed_at=order.placed_at,
        preparing_at=order.reached(OrderState.PREPARING),
        ready_at=order.reached(OrderState.READY),
        collected_at=order.reached(OrderState.COLLECTED),
        canceled_at=order.reached(OrderState.CANCELED),
        timeline=[TimelineModel(state=entry.state, at=entry.at) for entry in order.timeline],
        estimate=_show_estimate(order, now),
    )


def show_placed(placed: Placed, now: dt.datetime) -> PlacedOrderModel:
    """Show an order to whoever places it, with the keys of its subscription."""
    shown = show_order(placed.order, now)
    return PlacedOrderModel(**dict(shown), notify=_show_updates(placed.updates))


def show_board(orders: Sequence[Order]) -> BoardModel:
    """Show the counter's display: numbers, and nothing that leads to a customer."""

    def entries(state: OrderState) -> list[BoardEntry]:
        return [
            BoardEntry(number=order.number, since=order.since)
            for order in orders
            if order.state is state
        ]

    return BoardModel(preparing=entries(OrderState.PREPARING), ready=entries(OrderState.READY))


def show_menu(menu: Menu, sold_out: Collection[str]) -> MenuModel:
    """Show the menu as it can be ordered from now."""
    return MenuModel(
        currency=menu.currency,
        items=[show_menu_item(item, sold_out=item.id in sold_out) for item in menu.items],
    )


def show_menu_item(item: MenuItem, *, sold_out: bool) -> MenuItemModel:
    """Show one item of the menu."""
    return MenuItemModel(
        id=item.id,
        name=item.name,
        description=item.description,
        category=item.category,
        prep_seconds=item.prep_seconds,
        sold_out=sold_out,
        sizes=_show_choices(item.sizes),
        modifiers=_show_choices(item.modifiers),
    )


def show_shop(view: ShopView) -> ShopModel:
    """Show the shop."""
    return ShopModel(
        state=view.status.state,
        reason=view.status.reason,
        until=view.status.until,
        backlog=view.backlog,
        wait_seconds=WaitModel(low=view.wait.low_seconds, high=view.wait.high_seconds),
        baristas=view.baristas,
    )


def _show_updates(updates: Updates | None) -> UpdatesModel | None:
    if updates is None:
        return None
    subscription = updates.subscription
    secrets = [signing.secret for signing in subscription.secrets if updates.manage_token]
    return UpdatesModel(
        subscription_id=subscription.id,
        channel=subscription.channel,
        state=subscription.state,
        manage_token=updates.manage_token,
        secret=secrets[0] if secrets else None,
    )


def _show_line(item: LineItem) -> LineModel:
    return LineModel(
        id=item.id,
        item=item.item,
        name=item.name,
        size=item.size,
        modifiers=list(item.modifiers),
        quantity=item.quantity,
        note=item.note,
        unit_price=item.unit_price,
        total=item.total,
    )


def _show_estimate(order: Order, now: dt.datetime) -> EstimateModel | None:
    if order.estimate is None or order.state not in _WAITING:
        return None
    left = remaining(order.estimate, (now - order.placed_at).total_seconds())
    return EstimateModel(low_seconds=left.low_seconds, high_seconds=left.high_seconds)


def _show_choices(choices: Sequence[Choice]) -> list[ChoiceModel]:
    return [ChoiceModel(id=choice.id, name=choice.name, price=choice.price) for choice in choices]
