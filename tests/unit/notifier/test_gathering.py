"""Callers pass in groups: full ones at once, others after a while, all at the end."""

from __future__ import annotations

import asyncio

from notifier.stream.gathering import Gathering

LONG = 3600.0


async def joining(gathering: Gathering, count: int) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(gathering.join()) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def passed(tasks: list[asyncio.Task[None]]) -> int:
    await asyncio.sleep(0.01)
    return sum(task.done() for task in tasks)


async def test_a_full_group_passes_at_once_and_the_next_one_waits() -> None:
    gathering = Gathering(3, LONG)

    tasks = await joining(gathering, 5)
    assert await passed(tasks) == 3
    tasks += await joining(gathering, 1)
    assert await passed(tasks) == 6


async def test_a_small_group_passes_after_a_while() -> None:
    gathering = Gathering(3, 0.01)

    async with asyncio.timeout(5):
        await asyncio.gather(gathering.join(), gathering.join())
        await gathering.join()


async def test_an_open_one_lets_everybody_pass() -> None:
    gathering = Gathering(3, LONG)
    waiting = await joining(gathering, 2)

    gathering.open()

    assert await passed(waiting) == 2
    async with asyncio.timeout(5):
        await gathering.join()


async def test_one_that_gives_up_does_not_keep_the_others() -> None:
    gathering = Gathering(3, LONG)
    waiting = await joining(gathering, 2)
    waiting[0].cancel()

    waiting += await joining(gathering, 1)

    assert await passed(waiting) == 3
