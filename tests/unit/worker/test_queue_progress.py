"""The head of the line is the newest ticket that came for the first time."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from shared.consuming.message import Message
from shared.consuming.outcome import Done, Outcome
from tests.support.orders import NOON
from worker.queue_progress import QueueProgress


async def prepare(_: Message) -> Outcome:
    return Done()


async def test_the_head_is_the_newest_ticket_of_those_that_came_for_the_first_time() -> None:
    line = QueueProgress(prepare)
    heads: list[dt.datetime | None] = [line.sent_at]
    for sent_at, receive_count in [
        (None, 1),
        (NOON, 1),
        (NOON - dt.timedelta(seconds=1), 1),
        (NOON + dt.timedelta(seconds=2), 2),
        (NOON + dt.timedelta(seconds=1), 1),
    ]:
        delivery = Message("id", "receipt", "", {}, receive_count, sent_at)
        assert await line.take(delivery) == Done()
        heads.append(line.sent_at)

    assert heads == [None, None, NOON, NOON, NOON, NOON + dt.timedelta(seconds=1)]


async def test_orders_are_in_hand_until_they_are_done_or_given_up() -> None:
    begun, end = asyncio.Event(), asyncio.Event()

    async def fail_at_the_end(_: Message) -> Outcome:
        begun.set()
        await end.wait()
        raise ConnectionError

    line = QueueProgress(fail_at_the_end)
    taking = asyncio.create_task(line.take(Message("id", "receipt", "", {}, 1, NOON)))
    await begun.wait()
    assert line.in_hand == 1

    end.set()
    with pytest.raises(ConnectionError):
        await taking
    assert line.in_hand == 0
