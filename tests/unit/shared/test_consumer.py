"""The consumer engine: bounded, settled by outcome, and stopped without unsettled messages."""

from __future__ import annotations

import asyncio
import contextlib
import re
import textwrap
from collections.abc import AsyncIterator, Mapping

import pytest

from shared.consuming import consumer as consumer_module
from shared.consuming import work as work_module
from shared.consuming.consumer import Consumer, ConsumerLimits
from shared.consuming.lease import LeaseKeeper
from shared.consuming.message import Handler, Message
from shared.consuming.outcome import Done, Outcome, Reject, Retry
from shared.consuming.polling import StalledError
from tests.support.queue_of_lists import QueueOfLists
from tests.support.waiting import eventually


class Work:
    """A handler that the test lets finish."""

    def __init__(self) -> None:
        self.begun: asyncio.Queue[str] = asyncio.Queue()
        self.may_end = asyncio.Event()
        self.at_once = 0
        self.most_at_once = 0
        self.stopped: asyncio.Queue[str] = asyncio.Queue()

    async def __call__(self, message: Message) -> Outcome:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.begun.put_nowait(message.message_id)
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.stopped.put_nowait(message.message_id)
            raise
        finally:
            self.at_once -= 1
        return Done()


@contextlib.asynccontextmanager
async def consuming(
    queue: QueueOfLists, handler: Handler, limits: ConsumerLimits
) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    consumer = asyncio.create_task(Consumer(queue, handler, limits, rnd=lambda: 0.5).run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await queue.end_polls()
        async with asyncio.timeout(5):
            await consumer


async def done(_: Message) -> Outcome:
    return Done()


async def test_what_is_done_is_deleted() -> None:
    queue = QueueOfLists()
    async with consuming(queue, done, ConsumerLimits()):
        await queue.put("a", "b", "c")
        assert sorted(await queue.has_settled("delete", 3)) == ["a", "b", "c"]
    assert len(queue.settled) == 3


async def test_what_is_to_be_retried_becomes_visible_again_later() -> None:
    async def not_now(_: Message) -> Outcome:
        return Retry(7, "not now")

    queue = QueueOfLists()
    async with consuming(queue, not_now, ConsumerLimits()):
        await queue.put("a")
        await queue.has_settled("extend", 1)
    assert queue.settled == [("extend", "a", 7)]


async def test_what_is_rejected_becomes_a_dead_letter_with_its_reason() -> None:
    async def never(_: Message) -> Outcome:
        return Reject("nonsense")

    queue = QueueOfLists()
    async with consuming(queue, never, ConsumerLimits()):
        await queue.put("a")
        await queue.has_settled("dead letter", 1)
    assert queue.settled == [("dead letter", "a", "nonsense")]


async def test_a_handler_that_raises_is_retried_after_a_back_off_that_grows() -> None:
    async def broken(_: Message) -> Outcome:
        raise ValueError("broken")

    queue = QueueOfLists()
    async with consuming(queue, broken, ConsumerLimits()):
        await queue.put("first")
        await queue.put("fourth", receive_count=4)
        await queue.has_settled("extend", 2)
    assert sorted(queue.settled) == [("extend", "first", 0.5), ("extend", "fourth", 4.0)]


async def test_a_message_that_cannot_be_named_costs_no_slot() -> None:
    def fields(body: str) -> Mapping[str, object]:
        raise ValueError(body)

    queue, handled = QueueOfLists(), asyncio.Event()

    async def handler(_: Message) -> Outcome:
        handled.set()
        return Done()

    limits = ConsumerLimits(concurrency=1)
    consumer, stop = Consumer(queue, handler, limits, log_fields=fields), asyncio.Event()
    consuming_ = asyncio.create_task(consumer.run(stop))
    await queue.put("a")
    await queue.put("b")
    await eventually(lambda: not queue.waiting and queue.asked_for == [1, 1, 1])
    stop.set()
    await queue.end_polls()
    await consuming_
    assert not handled.is_set()
    assert queue.settled == []


async def test_it_never_asks_for_more_than_it_can_start() -> None:
    queue, work = QueueOfLists(), Work()
    async with consuming(queue, work, ConsumerLimits(concurrency=3)):
        await queue.put("a")
        await work.begun.get()
        await queue.put("b", "c", "d", "e", "f")
        await work.begun.get()
        await work.begun.get()
        assert work.at_once == 3
        assert len(queue.waiting) == 3
        work.may_end.set()
        await queue.has_settled("delete", 6)
    assert work.most_at_once == 3
    assert queue.asked_for[:2] == [3, 2]
    assert max(queue.asked_for) <= 3


async def test_it_asks_for_no_more_than_ten_however_many_slots_are_free() -> None:
    queue = QueueOfLists()
    async with consuming(queue, done, ConsumerLimits(concurrency=50)):
        await queue.put("a")
        await queue.has_settled("delete", 1)
    assert max(queue.asked_for) == 10


async def test_a_poll_that_fails_does_not_end_it() -> None:
    queue = QueueOfLists()
    queue.broken_polls = 1
    async with consuming(queue, done, ConsumerLimits()):
        await queue.put("a")
        await queue.has_settled("delete", 1)


async def test_several_polls_are_in_flight_while_there_is_plenty_and_one_while_there_is_not() -> (
    None
):
    queue, work = QueueOfLists(), Work()
    async with consuming(queue, work, ConsumerLimits(concurrency=25, polls=3)):
        await queue.polling.wait()
        assert queue.asked_for == [10]
        await queue.put(*(str(number) for number in range(30)))
        for _ in range(25):
            await work.begun.get()
        assert queue.asked_for == [10, 10, 5]
        work.may_end.set()
        await queue.has_settled("delete", 30)
    assert queue.most_polls == 2


async def test_free_slots_gather_while_a_poll_is_in_flight() -> None:
    may_end = asyncio.Semaphore(0)

    async def one_by_one(_: Message) -> Outcome:
        await may_end.acquire()
        return Done()

    queue = QueueOfLists()
    async with consuming(queue, one_by_one, ConsumerLimits(concurrency=10)):
        await queue.put(*"abcdefghij")
        for ended in range(1, 6):
            may_end.release()
            await queue.has_settled("delete", ended)
        may_end.release()
        await eventually(lambda: len(queue.asked_for) == 3)
        assert queue.asked_for == [10, 1, 5]
        for _ in range(4):
            may_end.release()


async def test_with_a_pace_messages_gather_after_a_poll_that_was_not_full() -> None:
    queue = QueueOfLists()
    async with consuming(queue, done, ConsumerLimits(pace=0.1)):
        await queue.put("a")
        await queue.has_settled("delete", 1)
        for message_id in ("b", "c", "d"):
            await queue.put(message_id)
        await queue.has_settled("delete", 4)
        assert len(queue.asked_for) <= 3, "a alone; b, c and d together; and the poll after them"


async def test_a_full_poll_is_followed_at_once_whatever_the_pace() -> None:
    queue = QueueOfLists()
    await queue.put(*"abcdefghij")
    async with consuming(queue, done, ConsumerLimits(concurrency=2, pace=60)):
        assert sorted(await queue.has_settled("delete", 10)) == list("abcdefghij")


async def test_a_stop_does_not_wait_for_the_pace() -> None:
    queue = QueueOfLists()
    async with consuming(queue, done, ConsumerLimits(pace=60)):
        await queue.put("a")
        await queue.has_settled("delete", 1)


async def test_a_poll_that_never_comes_back_is_given_up_at_its_deadline() -> None:
    queue = QueueOfLists()
    limits = ConsumerLimits(poll_stalled=0.05, poll_deadline=0.1)
    consumer = Consumer(queue, done, limits, rnd=lambda: 0.0)
    stop = asyncio.Event()
    running = asyncio.create_task(consumer.run(stop))
    await eventually(lambda: len(queue.asked_for) >= 3)
    with pytest.raises(StalledError):
        consumer.check()
    await queue.put("a")
    await queue.has_settled("delete", 1)
    consumer.check()
    stop.set()
    await queue.end_polls()
    await running


async def test_the_example_of_the_module_works(capsys: pytest.CaptureFixture[str]) -> None:
    example = re.search(r"::\n\n(.*?)\n\n\S", str(consumer_module.__doc__), re.DOTALL)
    assert example is not None
    source = "async def example():\n" + textwrap.indent(textwrap.dedent(example[1]), "    ")
    queue, stop = QueueOfLists(), asyncio.Event()
    names = {**vars(consumer_module), "Message": Message, "Outcome": Outcome, "Done": Done}
    names |= {"queue": queue, "stop": stop}
    exec(compile(source, "example", "exec"), names)
    running = asyncio.create_task(names["example"]())
    await queue.put("Ada")
    await queue.has_settled("delete", 1)
    stop.set()
    await queue.end_polls()
    await running
    assert "hello, Ada" in capsys.readouterr().out


async def test_at_a_stop_the_poll_in_flight_returns_and_what_it_brings_is_handed_back() -> None:
    queue, work = QueueOfLists(), Work()
    async with consuming(queue, work, ConsumerLimits()) as stop:
        await queue.polling.wait()
        stop.set()
        await queue.put("late", "later")
        await queue.has_settled("extend", 2)
    assert sorted(queue.settled) == [("extend", "late", 0), ("extend", "later", 0)]
    assert work.begun.empty()


async def test_at_a_stop_what_has_begun_is_finished() -> None:
    queue, work = QueueOfLists(), Work()
    async with consuming(queue, work, ConsumerLimits(grace=5)) as stop:
        await queue.put("a")
        await work.begun.get()
        stop.set()
        await queue.end_polls()
        work.may_end.set()
        await queue.has_settled("delete", 1)
    assert queue.settled == [("delete", "a", None)]


async def test_what_does_not_finish_within_the_grace_is_stopped_and_handed_back() -> None:
    queue, work = QueueOfLists(), Work()
    async with consuming(queue, work, ConsumerLimits(grace=0.05)):
        await queue.put("a")
        await work.begun.get()
    assert work.stopped.get_nowait() == "a"
    assert queue.settled == [("extend", "a", 0)]


async def test_a_drain_finishes_what_has_begun_however_long_it_takes() -> None:
    queue, work, drain = QueueOfLists(), Work(), asyncio.Event()
    consumer = Consumer(queue, work, ConsumerLimits(concurrency=1, grace=0))
    running = asyncio.create_task(consumer.run(asyncio.Event(), drain))
    await queue.put("a")
    await work.begun.get()
    drain.set()
    await queue.end_polls()
    done, _ = await asyncio.wait({running}, timeout=0.1)
    assert not done
    work.may_end.set()
    async with asyncio.timeout(5):
        await running
    assert queue.settled == [("delete", "a", None)]


async def test_a_stop_ends_a_drain() -> None:
    queue, work, drain, stop = QueueOfLists(), Work(), asyncio.Event(), asyncio.Event()
    consumer = Consumer(queue, work, ConsumerLimits(concurrency=1, grace=0))
    running = asyncio.create_task(consumer.run(stop, drain))
    await queue.put("a")
    await work.begun.get()
    drain.set()
    stop.set()
    await queue.end_polls()
    async with asyncio.timeout(5):
        await running
    assert queue.settled == [("extend", "a", 0)]


async def test_the_lease_on_work_is_extended_while_it_lasts() -> None:
    queue, work = QueueOfLists(), Work()
    async with consuming(queue, work, ConsumerLimits(visibility_timeout=0.15)):
        await queue.put("a")
        await queue.has_settled("extend", 3)
        work.may_end.set()
        await queue.has_settled("delete", 1)
        extensions = [seconds for what, _, seconds in queue.settled if what == "extend"]
        assert set(extensions) == {0.15}
    assert queue.settled[-1] == ("delete", "a", None)


@pytest.mark.parametrize("rounds", range(6))
async def test_a_lease_is_not_extended_any_more_once_its_message_is_settled(rounds: int) -> None:
    async def not_now(_: Message) -> Outcome:
        for _round in range(rounds):
            await asyncio.sleep(0)
        return Retry(7, "not now")

    queue = QueueOfLists()
    always_extending = LeaseKeeper(queue, visibility_timeout=0)
    keeping = asyncio.create_task(always_extending.keep())
    work = work_module.Work(queue, not_now, always_extending, lambda: 0)
    await work.do(Message("a", "receipt", "a"))
    for _ in range(6):
        await asyncio.sleep(0)
    keeping.cancel()
    assert queue.settled[-1] == ("extend", "a", 7)


class SlowToDelete(QueueOfLists):
    """Confirms deletions only when the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.may_confirm = asyncio.Event()
        self.deleting: asyncio.Queue[str] = asyncio.Queue()

    async def delete(self, message: Message) -> None:
        self.deleting.put_nowait(message.message_id)
        await self.may_confirm.wait()
        await super().delete(message)


async def test_the_next_message_is_handled_while_the_one_before_is_being_settled() -> None:
    queue = SlowToDelete()
    async with consuming(queue, done, ConsumerLimits(concurrency=1)):
        await queue.put("a", "b")
        assert [await queue.deleting.get() for _ in range(2)] == ["a", "b"]
        queue.may_confirm.set()
        assert await queue.has_settled("delete", 2) == ["a", "b"]


async def test_it_receives_no_more_while_too_many_outcomes_are_not_confirmed() -> None:
    queue = SlowToDelete()
    async with consuming(queue, done, ConsumerLimits(concurrency=2)):
        await queue.put(*"abcdefghij")
        for _ in range(6):
            await queue.deleting.get()
        for _ in range(100):
            await asyncio.sleep(0)
        assert (queue.deleting.qsize(), len(queue.waiting), queue.polls) == (0, 4, 0)
        queue.may_confirm.set()
        assert sorted(await queue.has_settled("delete", 10)) == list("abcdefghij")


async def test_the_lease_lasts_until_the_outcome_is_confirmed() -> None:
    queue = SlowToDelete()
    async with consuming(queue, done, ConsumerLimits(visibility_timeout=0.15)):
        await queue.put("a")
        await queue.deleting.get()
        await queue.has_settled("extend", 2)
        queue.may_confirm.set()
        await queue.has_settled("delete", 1)
    assert queue.settled[-1] == ("delete", "a", None)


async def test_an_outcome_is_confirmed_though_the_lease_was_lost_meanwhile() -> None:
    queue = SlowToDelete()
    async with consuming(queue, done, ConsumerLimits(visibility_timeout=0.06)):
        queue.lost.add("a")
        await queue.put("a", "b")
        await queue.has_settled("extend", 3)
        queue.may_confirm.set()
        assert sorted(await queue.has_settled("delete", 2)) == ["a", "b"]


async def test_at_a_stop_what_is_being_settled_is_waited_for() -> None:
    queue = SlowToDelete()
    async with consuming(queue, done, ConsumerLimits(grace=5)) as stop:
        await queue.put("a")
        await queue.deleting.get()
        stop.set()
        await queue.end_polls()
        await eventually(lambda: queue.polls == 0)
        queue.may_confirm.set()
    assert queue.settled == [("delete", "a", None)]


async def test_what_is_not_confirmed_within_the_grace_is_handed_back() -> None:
    queue = SlowToDelete()
    async with consuming(queue, done, ConsumerLimits(grace=0.05)):
        await queue.put("a")
        await queue.deleting.get()
    assert queue.settled == [("extend", "a", 0)]


async def test_work_whose_lease_is_lost_is_stopped_and_not_settled() -> None:
    queue, work = QueueOfLists(), Work()
    queue.lost.add("lost")
    async with consuming(queue, work, ConsumerLimits(concurrency=2, visibility_timeout=0.15)):
        await queue.put("lost")
        await work.begun.get()
        await queue.put("kept")
        assert await work.stopped.get() == "lost"
        await queue.has_settled("extend", 1)
        work.may_end.set()
        await queue.has_settled("delete", 1)
    assert "lost" not in {message_id for _, message_id, _ in queue.settled}


@pytest.mark.parametrize(
    ("outcome", "ending"),
    [(Done(), "done"), (Retry(0, "later"), "retry"), (Reject("never"), "reject")],
)
async def test_every_message_is_counted_once_by_its_outcome_and_whether_it_came_again(
    outcome: Outcome, ending: str
) -> None:
    counted: list[tuple[str, int, str]] = []

    async def handle(_: Message) -> Outcome:
        return outcome

    queue = QueueOfLists()
    work = work_module.Work(
        queue,
        handle,
        LeaseKeeper(queue, 30),
        lambda: 0.5,
        count=lambda message, how: counted.append((message.message_id, message.receive_count, how)),
    )
    await work.do(Message("first", "r1", ""))
    await work.do(Message("again", "r2", "", receive_count=2))
    assert counted == [("first", 1, ending), ("again", 2, ending)]


@pytest.mark.parametrize(
    ("outcome", "ending"), [(Retry(0, "later"), "lost"), (Done(), "unsettled")]
)
async def test_a_message_that_cannot_be_settled_is_counted_as_lost_or_unsettled(
    outcome: Outcome, ending: str
) -> None:
    counted: list[str] = []

    class Unreachable(QueueOfLists):
        async def delete(self, message: Message) -> None:
            raise ConnectionError(message.message_id)

    async def handle(_: Message) -> Outcome:
        return outcome

    queue = Unreachable()
    queue.lost.add("1")
    leases = LeaseKeeper(queue, 30)
    work = work_module.Work(
        queue, handle, leases, lambda: 0.5, count=lambda _, how: counted.append(how)
    )
    await work.do(Message("1", "r", ""))
    assert counted == [ending]
