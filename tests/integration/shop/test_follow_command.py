"""`coffeeshop topics` when the shop errs: streams that break, rounds of a long redrive."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.command_line import run, running
from tests.support.shop_stand_in import StandIn, stand_in


@pytest.fixture
async def shop() -> AsyncIterator[StandIn]:
    async with stand_in() as shop:
        yield shop


def place(shop: StandIn) -> dict[str, object]:
    return shop.take("the-order", {"customer_name": "Ada", "items": []})


async def test_a_stream_that_breaks_off_is_resumed_where_it_broke(shop: StandIn) -> None:
    shop.break_stream_after = 1
    async with running(shop.url, "topics", "follow", "--order", "the-order") as follower:
        assert await follower.remarks() == "Connected; Ctrl-C ends."
        await shop.streaming.wait()
        shop.streaming.clear()
        order = place(shop)
        assert await follower.remarks() == "The connection is lost; trying again."
        shop.advance(order, "preparing")
        said = [await follower.says(), await follower.says()]
        assert await follower.remarks() == "Connected again."
        outcome = await follower.interrupt()
    assert shop.last_event_ids == [None, "the-order:1"]
    assert [line.split("  ")[1:] for line in said] == [
        ["coffeeshop.order.placed.v1", "001 is placed"],
        ["coffeeshop.order.preparing.v1", "001 is preparing"],
    ]
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


async def test_it_says_when_events_may_be_missing(shop: StandIn) -> None:
    shop.break_stream_after, shop.forgets = 1, True
    async with running(shop.url, "topics", "follow", "--order", "the-order", "--json") as follower:
        assert await follower.remarks() == "Connected; Ctrl-C ends."
        await shop.streaming.wait()
        place(shop)
        assert '"placed"' in await follower.says()
        remarks = [await follower.remarks() for _ in range(3)]
        outcome = await follower.interrupt()
    assert remarks[1:] == ["Connected again.", "Events may be missing here (too-old)."]
    assert (outcome.code, outcome.out) == (0, "")


async def test_a_shop_that_is_away_for_a_while_is_waited_for(shop: StandIn) -> None:
    shop.break_stream_after = 1
    async with running(shop.url, "topics", "follow", "--order", "the-order") as follower:
        assert await follower.remarks() == "Connected; Ctrl-C ends."
        await shop.streaming.wait()
        shop.refuses_streams = True
        place(shop)
        assert await follower.remarks() == "The connection is lost; trying again."
        await shop.refused.wait()
        shop.refuses_streams = False
        assert await follower.remarks() == "Connected again."


async def test_a_shop_that_does_not_open_the_stream_at_all_is_a_failure(shop: StandIn) -> None:
    shop.refuses_streams = True
    outcome = await run(shop.url, "topics", "follow", "--order", "1")
    assert (outcome.code, outcome.err) == (1, "Not for you: …\n")


async def test_where_no_shop_is_nobody_waits_for_one(unused_tcp_port: int) -> None:
    outcome = await run(f"http://127.0.0.1:{unused_tcp_port}", "topics", "follow", "coupons")
    assert outcome.code == 3
    assert "start one with `coffeeshop run`" in outcome.err


async def redrive(shop: StandIn, *rounds: tuple[int, int, int]) -> tuple[int, str, str]:
    names = ("redriven", "refused", "left")
    shop.redrives = [dict(zip(names, counts, strict=True)) for counts in rounds]
    outcome = await run(shop.url, "topics", "redrive", COFFEE_STAFF_KEY=shop.staff_key)
    assert shop.redrives == []
    return outcome.code, outcome.out, outcome.err


async def test_a_redrive_goes_on_until_nothing_is_left(shop: StandIn) -> None:
    assert await redrive(shop, (1000, 0, 300), (300, 0, 0)) == (0, "Redriven: 1300\n", "")


async def test_what_is_refused_again_and_again_counts_once(shop: StandIn) -> None:
    code, out, err = await redrive(shop, (900, 100, 400), (400, 100, 0))
    assert (code, out) == (1, "Redriven: 1300\n")
    assert err == "100 could not be redriven\n"


async def test_a_redrive_in_which_nothing_moves_comes_to_an_end(shop: StandIn) -> None:
    code, out, err = await redrive(shop, (0, 1000, 5))
    assert (code, out) == (1, "Redriven: 0\n")
    assert err == "1000 could not be redriven\n5 not read\n"
