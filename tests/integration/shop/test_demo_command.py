"""`coffeeshop demo`: a made-up day is one that a shop could have had, and never in real books."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from producer.menu.file import load_menu
from producer.settings import CashierSettings
from shared.domain.hours import Hours, Span, Weekday, is_open
from shared.domain.order import TRANSITIONS, Order, OrderState, Serve
from shared.domain.tax import TaxRates, TaxRules
from shared.store.document_contract import DocumentKind
from shared.store.sqlite.store import open_sqlite_store
from shop.demo.day import DemoDay, DemoShop
from tests.support.command_line import Outcome, coffeeshop
from tests.support.days import BERLIN

EVENING = dt.datetime(2026, 11, 20, 17, tzinfo=dt.UTC)
MORNINGS = Hours({day: (Span(dt.time(7, 30), dt.time(11)),) for day in Weekday})
SHOP = DemoShop(
    store_id="main",
    menu=load_menu(CashierSettings.model_fields["menu"].default).menu,
    menu_version=3,
    sold_out=frozenset({"latte", "mocha/large", "+oat-milk"}),
    hours=MORNINGS,
    zone=BERLIN,
    cancel_reasons=("Sold out",),
)
DAY = DemoDay(shop=SHOP, orders=400, ends=EVENING, length=dt.timedelta(hours=12), seed=7)


def test_the_same_seed_and_clock_give_the_same_day_and_another_seed_another() -> None:
    assert DAY.draw() == DAY.draw()
    assert DAY.draw() != replace(DAY, seed=8).draw()


def test_every_order_is_one_that_could_have_been_placed_and_came_that_far() -> None:
    drawn = DAY.draw()
    assert len(drawn) >= 400
    assert len({order.id for order in drawn}) == len(drawn)
    for order in drawn:
        assert order.remake_of is not None or is_open(MORNINGS, BERLIN, order.placed_at)
        states = [entry.state for entry in order.timeline]
        assert (states[0], states[-1]) == (OrderState.PLACED, order.state)
        assert all(to in TRANSITIONS[was] for was, to in itertools.pairwise(states))
        times = [entry.at for entry in order.timeline]
        assert times == sorted(times)
        assert times[-1] < EVENING
        assert order.version == len(states)
        sold = {(line.item, line.size) for line in order.items}
        assert not [one for one in sold if one[0] == "latte" or one == ("mocha", "large")]
        assert not [line for line in order.items if "oat-milk" in line.modifiers]
        assert (order.total == 0) == (order.remake_of is not None)
    states_of_all = Counter(order.state for order in drawn)
    assert {OrderState.COLLECTED, OrderState.CANCELED, OrderState.EXPIRED} <= states_of_all.keys()
    assert {order.cancel_reason for order in drawn} == {None, "Sold out"}


def test_every_order_is_taxed_for_where_it_is_said_to_be_eaten() -> None:
    rates = TaxRates(here=19000, away=7000)
    items = tuple(replace(item, tax=rates) for item in SHOP.menu.items)
    menu = replace(SHOP.menu, items=items, tax=TaxRules(serve=Serve.HERE))
    drawn = replace(DAY, shop=replace(SHOP, menu=menu), orders=30).draw()
    assert {(order.serve, line.tax_rate) for order in drawn for line in order.items} == {
        (Serve.HERE, 19000),
        (Serve.AWAY, 7000),
    }


def test_the_last_ones_still_wait() -> None:
    drawn = replace(DAY, shop=replace(SHOP, hours=Hours())).draw()
    waiting = {
        order.state for order in drawn if order.placed_at > EVENING - dt.timedelta(minutes=5)
    }
    assert waiting >= {OrderState.PLACED, OrderState.PREPARING, OrderState.READY}
    states = [order.state for order in drawn]
    assert states.count(OrderState.PREPARING) == 4, "no more than a worker has in hand at once"
    assert all(order.version == len(order.timeline) for order in drawn)


def test_a_closed_shop_has_no_made_up_day() -> None:
    assert replace(DAY, shop=replace(SHOP, hours=Hours(week={}))).draw() == []


async def demo(folder: Path, *options: str, **variables: str) -> Outcome:
    return await coffeeshop("demo", *options, COFFEE_STATE_DIR=str(folder), **variables)


async def orders_in(folder: Path) -> Sequence[Order]:
    async with open_sqlite_store(folder / "orders.sqlite3", "main") as store:
        return (await store.page(None, 1000, None)).orders


async def test_a_fresh_shop_is_filled_and_one_with_orders_only_after_yes(tmp_path: Path) -> None:
    first = await demo(tmp_path, "--orders", "60", "--hours", "2")
    assert (first.code, first.err) == (0, "")
    placed = await orders_in(tmp_path)
    assert first.lines[0].startswith(f"Made up {len(placed)} orders: ")
    by_day = Counter((order.business_day, order.number) for order in placed)
    assert max(by_day.values()) == 1
    async with open_sqlite_store(tmp_path / "orders.sqlite3", "main") as store:
        menu = await store.document(DocumentKind.MENU)
    assert menu is not None
    assert {order.menu_version for order in placed} == {menu.version}

    refused = await demo(tmp_path)
    assert (refused.code, refused.out) == (1, "")
    assert "The shop has orders" in refused.err
    assert await orders_in(tmp_path) == placed

    assert (await demo(tmp_path, "--orders", "5", "--seed", "2", "--yes")).code == 0
    assert len(await orders_in(tmp_path)) >= len(placed) + 5


async def test_where_everything_is_sold_out_that_is_what_is_told(tmp_path: Path) -> None:
    async with open_sqlite_store(tmp_path / "orders.sqlite3", "main") as store:
        for item in SHOP.menu.items:
            await store.set_sold_out(item.id, sold_out=True)
    outcome = await demo(tmp_path)
    assert (outcome.code, outcome.out, len(outcome.err.splitlines())) == (1, "", 1)
    assert "everything is sold out" in outcome.err
    assert await orders_in(tmp_path) == []


@pytest.mark.parametrize("settings", [{"COFFEE_STORE": "dynamodb"}, {"COFFEE_TIMEZONE": "Mars"}])
async def test_what_hinders_it_is_told_in_a_line(tmp_path: Path, settings: dict[str, str]) -> None:
    outcome = await demo(tmp_path, **settings)
    assert (outcome.code, outcome.out, len(outcome.err.splitlines())) == (2, "", 1)
