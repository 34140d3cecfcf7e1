"""How a load learns that its orders are ready: announcements, and polling for missed ones."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from shared.runtime.lifecycle import background_task
from shop.client.connection import connect
from shop.load.announcements import AnnouncementListener
from shop.load.pending_orders import Finished, PendingOrders
from shop.load.polling import AT_ONCE, OrderPoller
from tests.support.shop_stand_in import PLACED_AT, StandIn, stand_in


@dataclass
class Watch:
    shop: StandIn
    pending: PendingOrders
    listener: AnnouncementListener
    poller: OrderPoller
    ended: list[Finished]

    def place(self, *order_ids: str) -> None:
        for order_id in order_ids:
            self.shop.take(order_id, {"customer_name": "Ada", "items": []})
            self.pending.add(order_id, PLACED_AT)

    async def all_end(self) -> None:
        async with asyncio.timeout(10):
            await self.pending.all_have_ended()

    @property
    def states(self) -> dict[str, str]:
        return {end.order_id: end.state for end in self.ended}


@pytest.fixture
async def watch() -> AsyncIterator[Watch]:
    async with stand_in() as shop, connect(shop.url, shop.staff_key) as http:
        ended: list[Finished] = []
        pending = PendingOrders(ended.append)
        listener = AnnouncementListener(http, pending)
        poller = OrderPoller(http, pending, listener)
        yield Watch(shop, pending, listener, poller, ended)


@contextlib.asynccontextmanager
async def listening_and_polling(watch: Watch) -> AsyncIterator[None]:
    async with (
        background_task(watch.listener.run(), "listen"),
        background_task(watch.poller.run(), "poll"),
    ):
        yield


async def test_what_is_announced_is_not_polled(watch: Watch) -> None:
    async with listening_and_polling(watch):
        await watch.shop.streaming.wait()
        watch.place("1", "2")
        watch.shop.advance(watch.shop.orders["1"], "ready")
        watch.shop.advance(watch.shop.orders["2"], "canceled")
        await watch.all_end()

    assert watch.states == {"1": "ready", "2": "canceled"}
    assert watch.shop.read_orders == []


async def test_what_happened_before_the_stream_was_open_is_polled_at_once(watch: Watch) -> None:
    watch.place("1")
    watch.shop.advance(watch.shop.orders["1"], "ready")

    async with listening_and_polling(watch):
        await watch.all_end()

    assert watch.states == {"1": "ready"}


async def test_a_stream_that_broke_is_resumed_and_nothing_is_polled(watch: Watch) -> None:
    watch.shop.break_stream_after = 2
    async with background_task(watch.listener.run(), "listen"):
        await watch.listener.missed.wait()
        watch.listener.missed.clear()
        watch.place("1")
        watch.shop.advance(watch.shop.orders["1"], "preparing")
        watch.shop.advance(watch.shop.orders["1"], "ready")
        await watch.all_end()

    assert watch.shop.last_event_ids == [None, "1:2"]
    assert not watch.listener.missed.is_set()


async def test_a_reset_says_that_something_was_missed(watch: Watch) -> None:
    watch.shop.break_stream_after = 1
    watch.shop.forgets = True
    async with background_task(watch.listener.run(), "listen"), asyncio.timeout(10):
        await watch.listener.missed.wait()
        watch.listener.missed.clear()
        watch.place("1")
        await watch.listener.missed.wait()

    assert watch.shop.last_event_ids == [None, "1:1"]


async def test_where_streams_are_refused_orders_are_polled(watch: Watch) -> None:
    watch.shop.refuses_streams = True
    async with listening_and_polling(watch):
        watch.place("1")
        watch.shop.advance(watch.shop.orders["1"], "ready")
        await watch.all_end()

    assert watch.states == {"1": "ready"}


async def test_an_order_that_does_not_move_hides_none_behind_it(watch: Watch) -> None:
    watch.place(*(f"stuck-{n}" for n in range(AT_ONCE)), "moving")
    watch.shop.advance(watch.shop.orders["moving"], "canceled")

    await watch.poller.sweep(whole=False)
    assert watch.ended == []
    await watch.poller.sweep(whole=True)

    assert watch.states == {"moving": "canceled"}


async def test_an_order_that_the_shop_does_not_know_any_more_has_ended(watch: Watch) -> None:
    watch.place("1")
    del watch.shop.orders["1"]

    await watch.poller.sweep(whole=True)

    assert watch.ended == [Finished("1", "unknown", None)]
