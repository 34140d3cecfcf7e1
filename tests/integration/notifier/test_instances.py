"""Several notifiers of one shop, each a process and a queue of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from shared.domain.order import OrderState
from tests.support.notifier import (
    Announcer,
    NotifierProcess,
    announcing,
    newsletter,
    notifier_process,
    placed,
    settings_for,
    then,
)


@pytest_asyncio.fixture
async def shop(ministack: str) -> AsyncIterator[tuple[Announcer, NotifierProcess, NotifierProcess]]:
    """Where announcements are made, and two notifiers that receive them."""
    first = settings_for(ministack, notifier_instance="first")
    second = first.model_copy(update={"notifier_instance": "second"})
    async with (
        announcing(first) as announcer,
        notifier_process(first) as one,
        notifier_process(second) as other,
    ):
        yield announcer, one, other


async def test_each_gets_every_event(
    shop: tuple[Announcer, NotifierProcess, NotifierProcess],
) -> None:
    announcer, one, other = shop
    orders = [placed(f"{number:03}") for number in range(20)]
    async with (
        one.stream(staff=True, topics="order-events") as here,
        other.stream(staff=True, topics="order-events") as there,
    ):
        for order in orders:
            await announcer.announce(order, then(order, OrderState.CANCELED))
        for stream in (here, there):
            events = {event["id"] for event in await stream.take(2 * len(orders))}
            assert events == {f"{order.id}:{version}" for order in orders for version in (1, 2)}


async def test_a_stream_resumed_at_the_other_notifier_is_reset_and_gets_the_last_events(
    shop: tuple[Announcer, NotifierProcess, NotifierProcess],
) -> None:
    announcer, one, other = shop
    async with one.stream(topics="coupons") as stream:
        await announcer.send_out(newsletter("Up to here"))
        await stream.take(1)
    await one.kill()
    await other.counts("coffeeshop_live_events_total", 1)
    async with other.stream(stream.last_event_id, topics="coupons") as resumed:
        assert await resumed.reset() == "restarted"
        await announcer.send_out(newsletter("From here on"))
        events = await resumed.take(2)
    assert [event["data"]["subject"] for event in events] == ["Up to here", "From here on"]
