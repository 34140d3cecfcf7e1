"""The batcher: without a timer, entry by entry, within its bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from shared.aws.batcher import Batcher, BatcherClosedError, EntryFailedError
from shared.aws.clients import AwsUnavailableError


class Service:
    """The service: keeps each call until the test answers it."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.came = asyncio.Condition()
        self.answers: list[asyncio.Future[Sequence[EntryFailedError | None]]] = []

    async def __call__(self, entries: Sequence[str]) -> Sequence[EntryFailedError | None]:
        answer: asyncio.Future[Sequence[EntryFailedError | None]] = asyncio.Future()
        async with self.came:
            self.calls.append(list(entries))
            self.answers.append(answer)
            self.came.notify_all()
        return await answer

    async def has_calls(self, count: int) -> None:
        async with asyncio.timeout(5), self.came:
            await self.came.wait_for(lambda: len(self.calls) >= count)

    async def confirm(self, call: int) -> None:
        await self.has_calls(call + 1)
        self.answers[call].set_result([None] * len(self.calls[call]))


async def submitted(batcher: Batcher[str], *entries: str) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(batcher.submit(entry)) for entry in entries]
    await asyncio.sleep(0)
    return tasks


async def test_a_lone_entry_goes_out_at_once() -> None:
    service = Service()
    batcher = Batcher(service)
    (task,) = await submitted(batcher, "a")
    await service.has_calls(1)
    assert service.calls == [["a"]]
    assert not task.done()
    await service.confirm(0)
    await task


async def test_what_is_submitted_at_the_same_moment_goes_out_together() -> None:
    service = Service()
    batcher = Batcher(service)
    tasks = await submitted(batcher, "a", "b", "c")
    await service.has_calls(1)
    await service.confirm(0)
    await asyncio.gather(*tasks)
    assert service.calls == [["a", "b", "c"]]


async def test_what_gathers_during_a_call_goes_out_together_when_it_returns() -> None:
    service = Service()
    batcher = Batcher(service)
    first = await submitted(batcher, "a")
    others = await submitted(batcher, "b", "c", "d")
    await service.has_calls(1)
    assert service.calls == [["a"]]
    await service.confirm(0)
    await service.has_calls(2)
    await service.confirm(1)
    await asyncio.gather(*first, *others)
    assert service.calls == [["a"], ["b", "c", "d"]]


async def test_a_full_batch_does_not_wait_for_the_call_in_flight() -> None:
    service = Service()
    batcher = Batcher(service)
    await submitted(batcher, "first")
    tasks = await submitted(batcher, *(str(number) for number in range(23)))
    await service.has_calls(3)
    assert [len(call) for call in service.calls] == [1, 10, 10]
    for call in range(3):
        await service.confirm(call)
    await service.has_calls(4)
    await service.confirm(3)
    await asyncio.gather(*tasks)
    assert [len(call) for call in service.calls] == [1, 10, 10, 3]


async def test_no_more_calls_are_in_flight_than_allowed() -> None:
    service = Service()
    batcher = Batcher(service, max_in_flight=2)
    tasks = await submitted(batcher, *(str(number) for number in range(50)))
    for call in range(5):
        await service.has_calls(min(call + 2, 5))
        assert len(service.calls) <= call + 2
        await service.confirm(call)
    await asyncio.gather(*tasks)
    assert [len(entries) for entries in service.calls] == [10, 10, 10, 10, 10]


async def test_an_entry_that_fails_fails_alone() -> None:
    service = Service()
    batcher = Batcher(service)
    (first,) = await submitted(batcher, "first")
    good, bad, also_good = await submitted(batcher, "good", "bad", "also good")
    await service.confirm(0)
    await service.has_calls(2)
    service.answers[1].set_result(
        [None, EntryFailedError("Broken", "it is", sender_fault=True), None]
    )
    await asyncio.gather(first, good, also_good)
    with pytest.raises(EntryFailedError, match="Broken: it is"):
        await bad


async def test_an_entry_that_the_service_failed_is_tried_again_without_its_batch() -> None:
    service = Service()
    batcher = Batcher(service)
    (first,) = await submitted(batcher, "first")
    good, unlucky = await submitted(batcher, "good", "unlucky")
    await service.confirm(0)
    error = EntryFailedError("InternalError", "try again", sender_fault=False)
    await service.has_calls(2)
    service.answers[1].set_result([None, error])
    await service.confirm(2)
    await asyncio.gather(first, good, unlucky)
    assert service.calls == [["first"], ["good", "unlucky"], ["unlucky"]]


async def test_entries_are_tried_again_in_the_order_in_which_they_came() -> None:
    service = Service()
    batcher = Batcher(service, max_in_flight=1)
    tasks = await submitted(batcher, "first", "second", "third")
    error = EntryFailedError("InternalError", "try again", sender_fault=False)
    await service.has_calls(1)
    service.answers[0].set_result([error, error, None])
    await service.confirm(1)
    await asyncio.gather(*tasks)
    assert service.calls == [["first", "second", "third"], ["first", "second"]]


async def test_an_entry_that_goes_on_failing_is_out_of_reach_in_the_end() -> None:
    service = Service()
    batcher = Batcher(service)
    (unlucky,) = await submitted(batcher, "unlucky")
    error = EntryFailedError("InternalError", "try again", sender_fault=False)
    for call in range(3):
        await service.has_calls(call + 1)
        service.answers[call].set_result([error])
    with pytest.raises(AwsUnavailableError, match="InternalError"):
        await unlucky
    assert service.calls == [["unlucky"]] * 3


async def test_a_throttled_entry_is_tried_again_though_it_is_called_the_senders_fault() -> None:
    service = Service()
    batcher = Batcher(service)
    (unlucky,) = await submitted(batcher, "unlucky")
    await service.has_calls(1)
    service.answers[0].set_result([EntryFailedError("ThrottlingException", "", sender_fault=True)])
    await service.confirm(1)
    await unlucky


async def test_every_caller_sees_the_failure_of_the_whole_call() -> None:
    service = Service()
    batcher = Batcher(service)
    tasks = await submitted(batcher, "a")
    tasks += await submitted(batcher, "b", "c")
    await service.confirm(0)
    await service.has_calls(2)
    service.answers[1].set_exception(ConnectionError("gone"))
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), ConnectionError, ConnectionError]


async def test_a_batch_weighs_no_more_than_its_limit() -> None:
    service = Service()
    batcher = Batcher(service, size=len, max_bytes=10)
    await submitted(batcher, "first")
    tasks = await submitted(batcher, "aaaa", "bbbb", "cccc", "d" * 30, "e")
    for call in range(4):
        await service.has_calls(call + 1)
        await service.confirm(call)
    await service.has_calls(5)
    await service.confirm(4)
    await asyncio.gather(*tasks)
    assert service.calls == [["first"], ["aaaa", "bbbb"], ["cccc"], ["d" * 30], ["e"]]


async def test_closing_lets_through_what_was_taken_and_refuses_the_rest() -> None:
    service = Service()
    batcher = Batcher(service)
    tasks = await submitted(batcher, "a")
    tasks += await submitted(batcher, "b", "c")
    closing = asyncio.create_task(batcher.close())
    await service.confirm(0)
    await service.has_calls(2)
    assert not closing.done()
    await service.confirm(1)
    await closing
    await asyncio.gather(*tasks)
    with pytest.raises(BatcherClosedError):
        await batcher.submit("late")
    assert service.calls == [["a"], ["b", "c"]]


async def test_a_caller_that_leaves_takes_its_waiting_entry_with_it() -> None:
    service = Service()
    batcher = Batcher(service)
    (first,) = await submitted(batcher, "a")
    leaver, second = await submitted(batcher, "leaver", "b")
    leaver.cancel()
    await asyncio.wait({leaver})
    await service.confirm(0)
    await service.has_calls(2)
    await service.confirm(1)
    await asyncio.gather(first, second)
    assert service.calls == [["a"], ["b"]]


async def test_only_so_many_entries_wait() -> None:
    service = Service()
    batcher = Batcher(service, max_waiting=3)
    tasks = await submitted(batcher, "a", "b", "c", "d")
    await service.has_calls(1)
    assert service.calls == [["a", "b", "c"]]
    await service.confirm(0)
    await service.confirm(1)
    await asyncio.gather(*tasks)
    assert [entry for call in service.calls for entry in call] == ["a", "b", "c", "d"]
