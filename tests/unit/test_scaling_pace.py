"""How long orders take, by those that were prepared lately, or else by the menu."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from shared.domain.menu import Choice, Menu, MenuItem
from shared.domain.order import Order, OrderState, advance, claim
from shop.scaling.pace import ENOUGH, measured_seconds, typical_seconds
from tests.support.orders import NOON, an_order

MINUTE = dt.timedelta(minutes=1)


def ready(seconds: float, begun: dt.datetime = NOON) -> Order:
    preparing = claim(an_order(), "ticket", begun, begun + MINUTE)
    return advance(preparing, OrderState.READY, begun + dt.timedelta(seconds=seconds))


def test_the_mean_of_those_that_are_ready_is_taken() -> None:
    orders = [ready(seconds) for seconds in (1, 2, 3, 4, 5)]

    assert measured_seconds(orders, NOON) == 3


def test_too_few_say_nothing() -> None:
    assert measured_seconds([ready(3)] * (ENOUGH - 1), NOON) is None


def test_neither_old_ones_count_nor_those_that_passed_between_baristas() -> None:
    old = ready(60, begun=NOON - 2 * MINUTE)
    passed_on = replace(ready(60), attempt=2)

    assert measured_seconds([ready(3)] * ENOUGH + [old, passed_on, an_order()], NOON) == 3


@pytest.mark.parametrize(("brew_speed", "seconds"), [(1, 30), (10, 3), (0, 0)])
def test_as_long_as_nothing_was_measured_the_menu_says_it(
    brew_speed: float, seconds: float
) -> None:
    sizes = (Choice("small", "Small", 300),)
    menu = Menu("USD", tuple(MenuItem(f"{s}", "", "", "", s, sizes) for s in (20, 40)))

    assert typical_seconds(menu, brew_speed) == seconds
