"""How long orders take, by what the baristas have measured, or else by the menu."""

from __future__ import annotations

import pytest

from shared.domain.menu import Choice, Menu, MenuItem
from shared.domain.shop import WorkerHeartbeat
from shop.scaling.metrics_reader import ENOUGH, measured_seconds, typical_seconds
from tests.support.orders import NOON


def heartbeat(prepared: int, seconds: float) -> WorkerHeartbeat:
    return WorkerHeartbeat("ada", 4, NOON, prepared=prepared, prep_seconds=seconds)


def test_every_order_counts_as_much_as_any_other() -> None:
    assert measured_seconds([heartbeat(6, 2), heartbeat(2, 10), heartbeat(0, 0)]) == 4


def test_too_few_say_nothing() -> None:
    assert measured_seconds([]) is None
    assert measured_seconds([heartbeat(1, 3), heartbeat(ENOUGH - 2, 3)]) is None
    assert measured_seconds([heartbeat(1, 3), heartbeat(ENOUGH - 1, 3)]) == 3


@pytest.mark.parametrize(("brew_speed", "seconds"), [(1, 30), (10, 3), (0, 0)])
def test_the_menu_counts_until_orders_were_measured(brew_speed: float, seconds: float) -> None:
    sizes = (Choice("small", "Small", 300),)
    menu = Menu("USD", tuple(MenuItem(f"{s}", "", "", "", s, sizes) for s in (20, 40)))

    assert typical_seconds(menu, brew_speed) == seconds
