"""A barista loses its lease in mid-preparation, and wakes when another barista has the order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from shared.domain.order import OrderState, log_id
from tests.chaos.driver import VISIBILITY_SECONDS, open_chaos_shop
from tests.chaos.run import Run
from tests.support.faults.holds import Moment
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(120)

ESPRESSO = [{"item": "espresso", "size": "single", "quantity": 1}]
BREW_SPEED = 10
"""An espresso takes 2.5 s: less than the freeze, longer than waking up."""

GAVE_UP = ("message.lost", "message.unsettled", "message.settled")


@pytest.mark.parametrize("is_cancelled", [True, False], ids=["cancelled", "not cancelled"])
async def test_the_write_of_a_barista_that_was_frozen_beyond_its_lease_is_refused(
    ministack: str, tmp_path: Path, run: Run, *, is_cancelled: bool
) -> None:
    async with open_chaos_shop(
        ministack, tmp_path, run.seed, COFFEE_BREW_SPEED=str(BREW_SPEED)
    ) as shop:
        (zombie,) = shop.pool.baristas
        (wanted,) = await shop.customers.plan(1, 1)
        espresso = replace(wanted, body={**wanted.body, "items": ESPRESSO})
        order_id = (await shop.customers.place(espresso))["id"]
        await eventually(lambda: f"{order_id}:2" in {event.id for event in shop.listener.received})
        if not is_cancelled:
            zombie.proxy.hold("ChangeMessageVisibilityBatch", Moment.BEFORE)
        zombie.process.freeze()
        successor = await shop.pool.start_one()
        await shop.reaches(
            order_id, OrderState.PREPARING, seconds=VISIBILITY_SECONDS + 5, attempt=2
        )
        zombie.process.thaw()
        await eventually(lambda: any(map(zombie.process.has_logged, GAVE_UP)), 20)
        ready = await shop.reaches(order_id, OrderState.READY)
        assert (ready.version, ready.attempt) == (3, 2)
        assert successor.process.has_logged("order.ready", order=log_id(order_id), attempt=2)
        assert not zombie.process.has_logged("order.ready")
        await run.judged(shop, "lease lost in mid-preparation")
