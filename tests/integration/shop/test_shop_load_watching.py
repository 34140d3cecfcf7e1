"""How a load learns that its orders are ready: announcements, and looking up what they missed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from shared.runtime.lifecycle import background_task
from shop.client.connection import connect
from shop.load.listening import Listening
from shop.load.looking_up import AT_ONCE, LookingUp
from shop.load.readiness import Finished, Readiness
from tests.support.shop_stand_in import PLACED_AT, StandIn, stand_in


@dataclass
class Watch:
    shop: StandIn
    readiness: Readiness
    listening: Listening
    looking_up: LookingUp
    ended: list[Finished]

    def place(self, *order_ids: str) -> None:
        for order_id in order_ids:
            self.shop.take(order_id, {"customer_name": "Ada", "items": []})
            self.readiness.expect(order_id, PLACED_AT)

    async def all_end(self) -> None:
        async with asyncio.timeout(10):
            await self.readiness.all_have_ended()

    @property
    def states(self) -> dict[str, str]:
        return {end.order_id: end.state for end in self.ended}


@pytest.fixture
async def watch() -> AsyncIterator[Watch]:
    async with stand_in() as shop, connect(shop.url, shop.staff_key) as http:
        ended: list[Finished] = []
        readiness = Readiness(ended.append)
        listening = Listening(http, readiness)
        looking_up = LookingUp(http, readiness, listening)
        yield Watch(shop, readiness, listening, looking_up, ended)


@contextlib.asynccontextmanager
async def listening_and_looking_up(watch: Watch) -> AsyncIterator[None]:
    async with (
        background_task(watch.listening.run(), "listen"),
        background_task(watch.looking_up.run(), "look up"),
    ):
        yield


async def test_what_is_announced_is_not_looked_up(watch: Watch) -> None:
    async with listening_and_looking_up(watch):
        await watch.shop.streaming.wait()
        watch.place("1", "2")
        watch.shop.advance(watch.shop.orders["1"], "ready")
        watch.shop.advance(watch.shop.orders["2"], "canceled")
        await watch.all_end()

    assert watch.states == {"1": "ready", "2": "canceled"}
    assert watch.shop.looked_up == []


async def test_what_happened_before_the_stream_was_open_is_looked_up_at_once(watch: Watch) -> None:
    watch.place("1")
    watch.shop.advance(watch.shop.orders["1"], "ready")

    async with listening_and_looking_up(watch):
        await watch.all_end()

    assert watch.states == {"1": "ready"}


async def test_a_stream_that_broke_is_resumed_and_nothing_is_looked_up(watch: Watch) -> None:
    watch.shop.break_stream_after = 2
    async with background_task(watch.listening.run(), "listen"):
        await watch.listening.missed.wait()
        watch.listening.missed.clear()
        watch.place("1")
        watch.shop.advance(watch.shop.orders["1"], "preparing")
        watch.shop.advance(watch.shop.orders["1"], "ready")
        await watch.all_end()

    assert watch.shop.last_event_ids == [None, "1:2"]
    assert not watch.listening.missed.is_set()


async def test_a_reset_says_that_something_was_missed(watch: Watch) -> None:
    watch.shop.break_stream_after = 1
    watch.shop.forgets = True
    async with background_task(watch.listening.run(), "listen"), asyncio.timeout(10):
        await watch.listening.missed.wait()
        watch.listening.missed.clear()
        watch.place("1")
        await watch.listening.missed.wait()

    assert watch.shop.last_event_ids == [None, "1:1"]


async def test_where_streams_are_refused_orders_are_looked_up(watch: Watch) -> None:
    watch.shop.refuses_streams = True
    async with listening_and_looking_up(watch):
        watch.place("1")
        watch.shop.advance(watch.shop.orders["1"], "ready")
        await watch.all_end()

    assert watch.states == {"1": "ready"}


async def test_an_order_that_does_not_move_hides_none_behind_it(watch: Watch) -> None:
    watch.place(*(f"stuck-{n}" for n in range(AT_ONCE)), "moving")
    watch.shop.advance(watch.shop.orders["moving"], "canceled")

    await watch.looking_up.sweep(whole=False)
    assert watch.ended == []
    await watch.looking_up.sweep(whole=True)

    assert watch.states == {"moving": "canceled"}


async def test_an_order_that_the_shop_does_not_know_any_more_has_ended(watch: Watch) -> None:
    watch.place("1")
    del watch.shop.orders["1"]

    await watch.looking_up.sweep(whole=True)

    assert watch.ended == [Finished("1", "unknown", None)]
