"""The load: what is due when, how orders are watched, and how it is summed up."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from shop.client.answers import Json
from shop.client.connection import connect
from shop.client.live_stream import Change
from shop.client.ordering import OrderPlacer
from shop.client.retrier import Retrier
from shop.load.pending_orders import MOST_TOO_EARLY, Finished, PendingOrders
from shop.load.placements import Acknowledged, Refused, place_all
from shop.load.plan import PlannedOrder, plan
from shop.load.report import Percentiles, Step, percentiles, report
from tests.support.shop_stand_in import PLACED_AT, stand_in

MENU: Json = {
    "items": [
        {
            "id": "tea",
            "sold_out": False,
            "sizes": [{"id": "small", "sold_out": False}, {"id": "large", "sold_out": True}],
            "modifiers": [
                {"id": "decaf", "sold_out": False},
                {"id": "oat-milk", "sold_out": True},
            ],
        },
        {
            "id": "mocha",
            "sold_out": True,
            "sizes": [{"id": "large", "sold_out": False}],
            "modifiers": [],
        },
    ]
}


def acknowledged(order_id: str, key: str, at: float = 1.0) -> Acknowledged:
    return Acknowledged(order_id, key, PLACED_AT, seconds=0.01, at=at, retries=0)


def change(order_id: str, state: str, seconds: float) -> Change:
    return Change(order_id, 2, state, PLACED_AT + dt.timedelta(seconds=seconds))


def test_orders_are_due_at_the_rate_whatever_happens() -> None:
    planned = plan(MENU, 5, rate=2, seed=1, run="r")

    assert [order.due for order in planned] == [0, 0.5, 1, 1.5, 2]


def test_what_is_ordered_follows_from_the_seed_and_who_orders_from_the_run() -> None:
    one, again = (plan(MENU, 50, 10, seed=1, run=run) for run in "ab")
    other = plan(MENU, 50, 10, seed=2, run="a")

    assert [o.body["items"] for o in one] == [o.body["items"] for o in again]
    assert [o.body["items"] for o in one] != [o.body["items"] for o in other]
    assert not {o.key for o in one} & {o.key for o in again}


def test_nothing_that_is_sold_out_is_ordered() -> None:
    items = {
        item["item"]
        for order in plan(MENU, 50, 10, seed=1, run="r")
        for item in order.body["items"]
    }

    assert items == {"tea"}


async def test_waiting_for_a_slow_shop_counts_from_when_an_order_was_due() -> None:
    planned = [PlannedOrder(0, f"key-{n}", {"customer_name": "Ada", "items": []}) for n in range(5)]
    steps: list[Acknowledged | Refused] = []
    async with stand_in() as shop, connect(shop.url) as http:
        shop.takes_seconds = 0.05
        await place_all(
            planned,
            OrderPlacer(http=http, retrier=Retrier(attempts=1), limit=asyncio.Semaphore(1)),
            steps.append,
        )

    waits = [round(step.seconds, 1) for step in steps if isinstance(step, Acknowledged)]
    assert len(waits) == 5
    assert waits[-1] >= 0.2


def test_an_order_takes_as_long_as_the_shops_own_clock_says() -> None:
    ended: list[Finished] = []
    pending = PendingOrders(ended.append)

    pending.add("1", PLACED_AT)
    pending.handle(change("1", "preparing", 1))
    pending.handle(change("1", "ready", 2))

    assert ended == [Finished("1", "ready", 2.0)]


def test_an_order_may_be_ready_before_it_is_acknowledged() -> None:
    ended: list[Finished] = []
    pending = PendingOrders(ended.append)

    pending.handle(change("1", "ready", 2))
    pending.handle(change("another shop's", "ready", 2))
    pending.add("1", PLACED_AT)

    assert ended == [Finished("1", "ready", 2.0)]


def test_an_order_ends_once_however_often_it_is_announced() -> None:
    ended: list[Finished] = []
    pending = PendingOrders(ended.append)

    pending.add("1", PLACED_AT)
    pending.end("1", "ready", PLACED_AT)
    pending.handle(change("1", "ready", 2))
    pending.end("1", "unknown", None)

    assert len(ended) == 1


def test_what_was_collected_is_not_taken_for_an_order_that_was_never_ready() -> None:
    pending = PendingOrders(lambda _: None)

    pending.add("1", PLACED_AT)
    pending.handle(change("1", "collected", 9))

    assert pending.ids == ["1"]


def test_changes_of_other_orders_are_not_kept_for_ever() -> None:
    ended: list[Finished] = []
    pending = PendingOrders(ended.append)

    for number in range(MOST_TOO_EARLY + 1):
        pending.handle(change(f"{number}", "ready", 2))
    pending.add("0", PLACED_AT)
    pending.add("1", PLACED_AT)

    assert [end.order_id for end in ended] == ["1"]


def test_an_order_that_the_shop_forgot_is_lost() -> None:
    steps: list[Step] = []
    pending = PendingOrders(steps.append)
    steps.append(acknowledged("gone", "key"))
    pending.add("gone", PLACED_AT)

    pending.end("gone", "unknown", None)

    assert report(steps, 1, None).lost == 1


async def test_all_have_ended_once_the_last_one_has() -> None:
    pending = PendingOrders(lambda _: None)
    pending.add("1", PLACED_AT)
    all_ended = asyncio.create_task(pending.all_have_ended())
    await asyncio.sleep(0)
    assert not all_ended.done()

    pending.handle(change("1", "failed", 1))

    await all_ended


def test_every_order_is_counted_once() -> None:
    steps: list[Step] = [
        acknowledged("1", "a"),
        acknowledged("2", "b", at=2.0),
        acknowledged("2", "c", at=2.0),
        Refused("d", "503"),
        Finished("1", "ready", 4.0),
    ]

    summed = report(steps, 5, stored_twice=1)

    assert (summed.placed, summed.ready, summed.lost, summed.duplicates) == (2, 1, 1, 2)
    assert summed.errors == {"503": 1, "not placed in time": 1}
    assert summed.rate == 1.5
    assert not summed.is_clean


def test_a_clean_load_is_one_without_loss_error_or_duplicate() -> None:
    steps: list[Step] = []
    steps.append(acknowledged("1", "a"))
    steps.append(Finished("1", "ready", 1.0))

    assert report(steps, 1, None).is_clean


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([], None),
        ([0.5], Percentiles(0.5, 0.5, 0.5, 0.5)),
        ([n / 100 for n in range(101)], Percentiles(0.5, 0.95, 0.99, 1.0)),
    ],
)
def test_percentiles_are_those_of_all_the_values(
    seconds: list[float], expected: Percentiles | None
) -> None:
    assert percentiles(seconds) == expected
