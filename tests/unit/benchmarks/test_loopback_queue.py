"""The queue in memory that consumers are measured with."""

from __future__ import annotations

import asyncio

from benchmarks.engine.loopback_queue import LoopbackQueue, Received

ENTRY = {"MessageBody": "hello", "MessageAttributes": {}}


def bodies(received: Received) -> list[str]:
    return [message.body for _, message in received]


async def test_it_is_empty_once_all_that_was_received_is_deleted() -> None:
    queue = LoopbackQueue()
    queue.put(ENTRY, 3)
    received = await queue.receive(10, 0)
    assert bodies(received) == ["hello"] * 3
    assert await queue.receive(10, 0) == []
    deleted = [queue.delete(receipt) for receipt, _ in received[:2]]
    assert (deleted, queue.counts(), queue.empty.is_set()) == ([True, True], (0, 1), False)
    queue.delete(received[2][0])
    assert queue.empty.is_set()
    assert not queue.delete(received[2][0])


async def test_what_is_handed_back_comes_again_under_another_receipt() -> None:
    queue = LoopbackQueue()
    queue.put(ENTRY)
    ((first, message),) = await queue.receive(10, 0)
    queue.hand_back(first)
    ((second, again),) = await queue.receive(10, 0)
    assert again is message
    assert again.receives == 2
    assert first != second


async def test_what_comes_wakes_as_many_polls_as_it_fills() -> None:
    queue = LoopbackQueue()
    polls = [asyncio.create_task(queue.receive(2, 0.2)) for _ in range(3)]
    await asyncio.sleep(0)
    queue.put(ENTRY, 3)
    assert [len(await poll) for poll in polls] == [2, 1, 0]
    queue.put(ENTRY)
    assert len(await queue.receive(2, 0)) == 1
