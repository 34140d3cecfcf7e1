"""A barista loses its lease in mid-preparation, and wakes when somebody else has the order."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.domain.order import OrderState
from tests.chaos.driver import VISIBILITY_SECONDS, open_chaos_shop
from tests.chaos.run import Run
from tests.chaos.waiting import until

pytestmark = pytest.mark.timeout(120)


async def test_the_write_of_a_barista_that_was_frozen_beyond_its_lease_is_refused(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    async with open_chaos_shop(ministack, tmp_path, run.seed, COFFEE_BREW_SPEED="20") as shop:
        (zombie,) = shop.crew.baristas
        order = await shop.customers.place_one()
        await shop.reaches(order["id"], OrderState.PREPARING)
        zombie.process.freeze()
        successor = await shop.crew.hire()
        await shop.reaches(
            order["id"], OrderState.PREPARING, seconds=VISIBILITY_SECONDS + 5, attempt=2
        )
        zombie.process.thaw()

        async def gave_up() -> bool:
            return any(
                zombie.process.has_logged(event, order_id=order["id"])
                or zombie.process.has_logged(event)
                for event in ("delivery.lost", "delivery.unsettled", "delivery.settled")
            )

        await until(gave_up, 20)
        ready = await shop.reaches(order["id"], OrderState.READY)
        assert (ready.version, ready.attempt) == (3, 2)
        assert successor.process.has_logged("order.ready", order_id=order["id"], attempt=2)
        assert not zombie.process.has_logged("order.ready", order_id=order["id"])
        await run.judged(shop, "lease lost in mid-preparation")
