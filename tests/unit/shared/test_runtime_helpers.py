"""The cache, the bounded map and the retry loop that all services share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from shared.domain.errors import UnavailableError
from shared.runtime.bounded_map import BoundedMap
from shared.runtime.retry import retry_until_available
from shared.runtime.ttl_cache import TtlCache


async def test_a_value_is_loaded_once_while_it_is_fresh_and_again_after() -> None:
    now, loads = 0.0, iter(range(10))

    async def load() -> int:
        return next(loads)

    cache = TtlCache(load, 2, lambda: now)
    assert [await cache.get(), await cache.get()] == [0, 0]
    now = 2.0
    assert await cache.get() == 1


async def test_a_value_that_costs_more_stays_fresh_for_longer() -> None:
    now, values = 0.0, iter([10, 1, 2])

    async def load() -> int:
        return next(values)

    cache = TtlCache(load, float, lambda: now)
    assert await cache.get() == 10
    now = 9.9
    assert await cache.get() == 10
    now = 10.0
    assert await cache.get() == 1
    now = 11.0
    assert await cache.get() == 2


async def test_those_who_ask_during_a_load_share_it() -> None:
    loads, may_end = 0, asyncio.Event()

    async def load() -> int:
        nonlocal loads
        loads += 1
        await may_end.wait()
        return loads

    cache = TtlCache(load, 60)
    asking = [asyncio.create_task(cache.get()) for _ in range(5)]
    await asyncio.sleep(0)
    may_end.set()
    assert await asyncio.gather(*asking) == [1] * 5


async def test_those_who_ask_during_a_load_share_its_failure_and_do_not_queue_up_for_more() -> None:
    loads, may_end = 0, asyncio.Event()

    async def load() -> int:
        nonlocal loads
        loads += 1
        await may_end.wait()
        raise UnavailableError("away")

    cache = TtlCache(load, 60)
    asking = [asyncio.create_task(cache.get()) for _ in range(5)]
    await asyncio.sleep(0)
    may_end.set()
    failures = await asyncio.gather(*asking, return_exceptions=True)
    assert ([str(one) for one in failures], loads) == (["away"] * 5, 1)


async def test_a_load_that_fails_is_tried_again_by_the_next_caller() -> None:
    outcomes: Iterator[Exception | int] = iter([UnavailableError("away"), 7])

    async def load() -> int:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    cache = TtlCache(load, 60)
    with pytest.raises(UnavailableError):
        await cache.get()
    assert await cache.get() == 7


async def test_a_value_that_was_being_loaded_when_it_expired_is_not_kept() -> None:
    stored, may_end = "old", asyncio.Event()

    async def load() -> str:
        read = stored
        await may_end.wait()
        return read

    cache = TtlCache(load, 60)
    asking = asyncio.create_task(cache.get())
    await asyncio.sleep(0)
    stored = "new"
    expiring = asyncio.create_task(cache.expire())
    await asyncio.sleep(0)
    may_end.set()
    await asyncio.gather(asking, expiring)
    assert await cache.get() == "new"


def test_the_entry_set_longest_ago_is_evicted_first() -> None:
    kept: BoundedMap[str, int] = BoundedMap(2)
    kept["a"] = 1
    kept["b"] = 2
    kept["a"] = 3
    kept["c"] = 4
    assert dict(kept) == {"a": 3, "c": 4}


async def test_a_step_is_taken_until_it_succeeds_with_a_pause_after_each_attempt() -> None:
    waits: list[float] = []

    async def step(attempt: int) -> int:
        if attempt < 3:
            raise UnavailableError("away")
        return attempt

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    taken = await retry_until_available(step, "test.waits", pause=lambda n: n * 0.5, wait=wait)
    assert (taken, waits) == (3, [0.5, 1.0])


async def test_an_error_that_will_not_pass_is_raised_at_once() -> None:
    async def step(_: int) -> None:
        raise ValueError("never")

    with pytest.raises(ValueError, match="never"):
        await retry_until_available(step, "test.waits", pause=lambda _: 0)
