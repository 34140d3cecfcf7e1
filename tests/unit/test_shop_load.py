"""The load: what is due when, how orders are watched, and how it is summed up."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from shop.client.answers import Json
from shop.client.placing import Placing
from shop.load.placements import Acknowledged, Refused, place_all
from shop.load.plan import PlannedOrder, plan
from shop.load.readiness import AT_ONCE, Finished, Readiness
from shop.load.report import Percentiles, Tally, percentiles

MENU: Json = {
    "items": [
        {
            "id": "tea",
            "sold_out": False,
            "sizes": [{"id": "small"}],
            "modifiers": [{"id": "decaf"}],
        },
        {"id": "mocha", "sold_out": True, "sizes": [{"id": "large"}], "modifiers": []},
    ]
}


def acknowledged(order_id: str, key: str, at: float = 1.0) -> Acknowledged:
    return Acknowledged(order_id, key, seconds=0.01, at=at, retries=0)


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
    items = {item["item"] for order in plan(MENU, 50, 10, 1, "r") for item in order.body["items"]}

    assert items == {"tea"}


async def test_waiting_for_a_slow_shop_counts_from_when_an_order_was_due() -> None:
    async def slow(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.05)
        return httpx.Response(201, json={"id": request.headers["Idempotency-Key"], "number": "1"})

    planned = [PlannedOrder(0, f"key-{n}", {}) for n in range(5)]
    steps: list[Acknowledged | Refused] = []
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(slow), base_url="http://shop"
    ) as http:
        await place_all(planned, Placing(http, 1, limit=1), steps.append)

    waits = [round(step.seconds, 1) for step in steps if isinstance(step, Acknowledged)]
    assert len(waits) == 5
    assert waits[-1] >= 0.2


async def test_an_order_that_does_not_move_hides_none_behind_it() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "stuck" in request.url.path:
            return httpx.Response(200, json={"state": "placed"})
        return httpx.Response(200, json={"state": "canceled", "ready_at": None})

    ended: list[Finished] = []
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(answer), base_url="http://shop"
    ) as http:
        readiness = Readiness(http, ended.append)
        for name in [*(f"stuck-{n}" for n in range(AT_ONCE)), "moving"]:
            readiness.expect(name)
        await readiness.sweep(whole=False)
        assert ended == []
        await readiness.sweep(whole=True)

    assert [end.order_id for end in ended] == ["moving"]


async def test_an_order_that_the_shop_does_not_know_any_more_is_lost() -> None:
    tally = Tally()
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(404)), base_url="http://shop"
    ) as http:
        readiness = Readiness(http, tally.add)
        readiness.expect("gone")
        await readiness.sweep(whole=True)
    tally.add(acknowledged("gone", "key"))

    assert readiness.waiting == 0
    assert tally.report(1, None).lost == 1


def test_every_order_is_counted_once() -> None:
    tally = Tally()
    for step in (
        acknowledged("1", "a"),
        acknowledged("2", "b", at=2.0),
        acknowledged("2", "c", at=2.0),
        Refused("d", "503"),
        Finished("1", "ready", 4.0),
    ):
        tally.add(step)

    report = tally.report(5, stored_twice=1)

    assert (report.placed, report.ready, report.lost, report.duplicates) == (2, 1, 1, 2)
    assert report.errors == {"503": 1, "not placed in time": 1}
    assert report.rate == 1.5
    assert not report.is_clean


def test_a_clean_load_is_one_without_loss_error_or_duplicate() -> None:
    tally = Tally()
    tally.add(acknowledged("1", "a"))
    tally.add(Finished("1", "ready", 1.0))

    assert tally.report(1, None).is_clean


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
