"""The head of the line is the newest ticket that came for the first time."""

from __future__ import annotations

import datetime as dt

from shared.consuming.delivery import Delivery
from shared.consuming.outcome import Done, Outcome
from tests.support.orders import NOON
from worker.head import LineHead


async def prepare(_: Delivery) -> Outcome:
    return Done()


async def test_the_head_is_the_newest_ticket_of_those_that_came_for_the_first_time() -> None:
    line = LineHead(prepare)
    heads: list[dt.datetime | None] = [line.sent_at]
    for sent_at, receive_count in [
        (None, 1),
        (NOON, 1),
        (NOON - dt.timedelta(seconds=1), 1),
        (NOON + dt.timedelta(seconds=2), 2),
        (NOON + dt.timedelta(seconds=1), 1),
    ]:
        delivery = Delivery("id", "receipt", "", {}, receive_count, sent_at)
        assert await line.take(delivery) == Done()
        heads.append(line.sent_at)

    assert heads == [None, None, NOON, NOON, NOON, NOON + dt.timedelta(seconds=1)]
