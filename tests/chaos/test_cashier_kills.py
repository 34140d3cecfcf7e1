"""The counter is killed between the writing of an order and the queueing of its ticket."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from shared.domain.order import OrderState
from tests.chaos.driver import ChaosShop, open_chaos_shop
from tests.chaos.order_hook import order_hook
from tests.chaos.run import LONG, Run
from tests.support.faults.holds import Moment
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(900 if LONG else 120)


@pytest.mark.parametrize(
    ("action", "moment"),
    [
        pytest.param("PublishBatch", Moment.BEFORE, id="stored"),
        pytest.param("SendMessageBatch", Moment.BEFORE, id="announced"),
        pytest.param("SendMessageBatch", Moment.AFTER, id="queued"),
    ],
)
async def test_a_retry_with_the_same_key_places_the_order_of_a_counter_that_was_killed_when_it_had(
    ministack: str, tmp_path: Path, run: Run, action: str, moment: Moment
) -> None:
    async with open_chaos_shop(ministack, tmp_path, run.seed, baristas=0) as shop:
        held = shop.counter_proxy.hold(action, moment)
        (wanted,) = await shop.customers.plan(1, 1)
        asking = asyncio.create_task(shop.customers.ask(wanted))
        await held.reached()
        await shop.counter.kill()
        held.discard()
        assert await asking is None
        (stored,) = (await shop.store.page(None, 10, None)).orders
        assert stored.state is OrderState.PLACED
        await shop.open_counter()
        placed = await shop.customers.place(wanted)
        assert (placed["id"], placed["number"]) == (stored.id, "001")
        await shop.pool.start_one()
        await run.judged(shop, "kill -9 of the counter between store and send")
        ready = await shop.order(stored.id)
        assert (ready.state, ready.version) == (OrderState.READY, 3)


async def test_no_order_is_lost_and_every_change_reaches_the_webhook_when_the_counter_is_killed(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    async with (
        order_hook() as hook,
        open_chaos_shop(
            ministack, tmp_path, run.seed, baristas=2, COFFEE_ALLOW_LOOPBACK_WEBHOOKS="true"
        ) as shop,
    ):
        await hook.subscribe(shop.http)
        shop.hook = hook
        customers = asyncio.create_task(
            shop.customers.live_all(run.size(60, 600), run.size(15, 20))
        )
        for taken in range(10, run.size(40, 400), run.size(15, 40)):
            await taken_up_to(shop, taken)
            await shop.counter.kill()
            await shop.open_counter()
        await customers
        await run.judged(shop, "kill -9 of the counter at random moments")


async def taken_up_to(shop: ChaosShop, orders: int) -> None:
    await eventually(lambda: len(shop.ledger.acknowledged) >= orders, 60)
