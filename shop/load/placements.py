"""Places the planned orders when they are due, whether or not the shop keeps up: an open loop."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shop.client.answers import ProblemError
from shop.client.connection import OUT_OF_REACH
from shop.client.ordering import OrderPlacer
from shop.load.plan import PlannedOrder


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An order that the shop has taken, `at` seconds after the start.

    `placed_at` is by the shop's own clock. `seconds` run from when it was due, not from when it
    was sent, so that a slow shop cannot hide the wait (coordinated omission).
    """

    order_id: str
    key: str
    placed_at: dt.datetime
    seconds: float
    at: float
    retries: int


@dataclass(frozen=True, slots=True)
class Refused:
    """An order that was not taken: the kind of error, `503` or the name of what failed."""

    key: str
    kind: str


async def place_all(
    planned: Sequence[PlannedOrder],
    placer: OrderPlacer,
    on_placed: Callable[[Acknowledged | Refused], None],
) -> None:
    """Place every order at its time after now; `on_placed` gets the result of each."""
    loop = asyncio.get_running_loop()
    start = loop.time()

    async def place(order: PlannedOrder) -> None:
        try:
            answered = await placer.place(order.body, order.key)
        except ProblemError as error:
            on_placed(Refused(order.key, str(error.status)))
        except OUT_OF_REACH as error:
            on_placed(Refused(order.key, type(error).__name__))
        else:
            at = loop.time() - start
            placed = answered.content
            on_placed(
                Acknowledged(
                    order_id=placed["id"],
                    key=order.key,
                    placed_at=dt.datetime.fromisoformat(placed["placed_at"]),
                    seconds=at - order.due,
                    at=at,
                    retries=answered.retries,
                )
            )

    async with asyncio.TaskGroup() as group:
        for order in planned:
            await asyncio.sleep(start + order.due - loop.time())
            group.create_task(place(order))
