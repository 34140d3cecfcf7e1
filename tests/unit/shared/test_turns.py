"""Turns: a crowd of requests lets others pass."""

from __future__ import annotations

import asyncio

from shared.web.limits import TURNS_AT_ONCE, Turns


async def test_who_comes_after_a_crowd_need_not_wait_for_it() -> None:
    turns, begun = Turns(), list[int]()

    async def page(number: int) -> None:
        await turns.wait()
        begun.append(number)

    async with asyncio.TaskGroup() as crowd:
        for number in range(100):
            crowd.create_task(page(number))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert 0 < len(begun) <= 2 * TURNS_AT_ONCE
    assert begun == [*range(100)]


async def test_who_leaves_keeps_nobody_waiting() -> None:
    turns = Turns()
    waiting = [asyncio.ensure_future(turns.wait()) for _ in range(20)]
    await asyncio.sleep(0)
    for one in waiting[5:15]:
        one.cancel()
    async with asyncio.timeout(1):
        await asyncio.gather(*waiting[:5], *waiting[15:])
        await turns.wait()
