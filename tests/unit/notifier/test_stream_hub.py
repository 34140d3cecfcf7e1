"""The hub: which reader gets what, how far behind one may fall, and what happens in a silence."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from functools import partial

import pytest
from prometheus_client import CollectorRegistry

from notifier.stream.feed import ReaderReset, StreamHandler
from notifier.stream.heartbeats import BEATS, PART
from notifier.stream.hub import (
    Hub,
    StreamMetrics,
    TooManyForOneClientError,
    TooManyStreamsError,
)
from notifier.stream.reader import Reader
from notifier.stream.ring import Ring
from notifier.stream.selection import RingEvent, Selection
from shared.consuming.message import Message
from shared.consuming.outcome import Done, Outcome
from shared.messages.announcement import CloudEvent, order_event
from shared.runtime.lifecycle import every
from tests.support.notifier import newsletter, placed

COUPONS = Selection(frozenset({"coupons"}))
TRIVIA = Selection(frozenset({"coffee-trivia"}))
MAX_LAG = 20
RING_SIZE = 100


@dataclass
class Floor:
    """A hub, and the connections that it has aborted."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    aborted: int = 0
    max_streams: int = 2
    max_per_client: int = 2
    ring_size: int = RING_SIZE
    hub: Hub = field(init=False)

    def __post_init__(self) -> None:
        self.hub = Hub(
            ring=Ring("c0ffee", self.ring_size, 2**20),
            metrics=StreamMetrics(self.registry),
            max_lag=MAX_LAG,
            max_streams=self.max_streams,
            max_per_client=self.max_per_client,
        )

    def publish(self, topic: str, numbers: Sequence[int]) -> None:
        for number in numbers:
            self.hub.publish(RingEvent({topic: str(number).encode()}))

    def abort(self) -> None:
        self.aborted += 1

    def count(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"coffeeshop_live_{name}", labels) or 0


def message(number: int) -> str:
    return f"id: c0ffee-{number}\ndata: {number}\n\n"


async def waiting(reader: Reader) -> asyncio.Task[bytes | None]:
    """Let the reader wait for an event."""
    reading = asyncio.create_task(reader.read())
    for _ in range(3):
        await asyncio.sleep(0)
    assert not reading.done()
    return reading


async def received(floor: Floor, issue: CloudEvent) -> asyncio.Task[Outcome]:
    """Let the handler receive an issue."""
    received = Message("1", "r", issue.model_dump_json(), {"topic": "coupons"})
    handling = asyncio.create_task(StreamHandler(floor.hub).handle(received))
    await asyncio.sleep(0)
    return handling


async def is_over(handling: asyncio.Task[Outcome]) -> bool:
    for _ in range(5):
        await asyncio.sleep(0)
    return handling.done()


async def text(chunk: Awaitable[bytes | None]) -> str:
    return (await asyncio.wait_for(chunk, 1) or b"").decode()


async def test_a_waiting_reader_is_woken_by_what_it_selected_and_by_nothing_else() -> None:
    floor = Floor()
    with floor.hub.follow(COUPONS, None, floor.abort) as reader:
        reading = await waiting(reader)
        floor.publish("coffee-trivia", range(1, 4))
        await asyncio.sleep(0)
        assert not reading.done()
        floor.publish("coupons", [4])
        assert await text(reading) == message(4)


async def test_a_reader_without_an_id_begins_now() -> None:
    floor = Floor()
    floor.publish("coupons", [1])
    with floor.hub.follow(COUPONS, None, floor.abort) as reader:
        reading = await waiting(reader)
        floor.publish("coupons", [2])
        assert await text(reading) == message(2)


async def test_a_reader_of_one_order_begins_with_what_the_ring_holds_of_it() -> None:
    floor = Floor()
    order = placed()
    announced = Message("1", "r", order_event(order).model_dump_json())
    assert await StreamHandler(floor.hub).handle(announced) == Done()
    with floor.hub.follow(
        Selection(frozenset({"order-events"}), order.id), None, floor.abort
    ) as reader:
        assert f"{order.id}:1" in str(await reader.read())


async def test_a_reader_that_resumes_gets_the_rest_at_once() -> None:
    floor = Floor()
    floor.publish("coupons", range(1, 6))
    with floor.hub.follow(COUPONS, "c0ffee-2", floor.abort) as reader:
        assert await reader.read() == "".join(map(message, (3, 4, 5))).encode()


@pytest.mark.parametrize(
    ("last_event_id", "reason"),
    [
        ("nonsense", "restarted"),
        ("", "restarted"),
        ("decaf-3", "restarted"),
        ("c0ffee-999", "restarted"),
        ("c0ffee-9", "too-old"),
    ],
)
async def test_a_reader_that_cannot_resume_is_reset_and_gets_what_the_ring_holds(
    last_event_id: str, reason: str
) -> None:
    floor = Floor()
    floor.publish("coupons", range(1, RING_SIZE + 11))
    with floor.hub.follow(COUPONS, last_event_id, floor.abort) as reader:
        reset = await text(reader.read())
        assert reset.startswith("event: reset\nid: c0ffee-10\ndata: ")
        assert json.loads(reset.partition("data: ")[2]) == {"reason": reason}
        assert floor.count("resets_total", reason=reason) == 1
        assert await text(reader.read()) == "".join(map(message, range(11, RING_SIZE + 11)))
        floor.publish("coupons", [RING_SIZE + 11])
        assert await text(reader.read()) == message(RING_SIZE + 11)


async def test_a_reset_goes_back_no_further_than_a_thousand_events() -> None:
    floor = Floor(ring_size=3000)
    floor.publish("coupons", range(1, 2501))
    with floor.hub.follow(COUPONS, "decaf-7", floor.abort) as reader:
        assert (await text(reader.read())).startswith("event: reset\nid: c0ffee-1500\n")
        assert (await text(reader.read())).startswith(message(1501))


async def test_a_restart_resets_waiting_and_busy_readers() -> None:
    floor = Floor()
    with (
        floor.hub.follow(COUPONS, None, floor.abort) as idle,
        floor.hub.follow(COUPONS, None, floor.abort) as busy,
    ):
        reading = await waiting(idle)
        floor.publish("coupons", [1])
        assert await text(reading) == message(1)
        reading = await waiting(idle)
        floor.hub.restart("decaf")
        for chunk in (await text(reading), await text(busy.read())):
            assert chunk == 'event: reset\nid: decaf-1\ndata: {"reason": "restarted"}\n\n'
        floor.publish("coupons", [2])
        assert await busy.read() == b"id: decaf-2\ndata: 2\n\n"


async def test_a_busy_reader_misses_nothing_that_came_since_a_restart() -> None:
    floor = Floor()
    with floor.hub.follow(COUPONS, None, floor.abort) as busy:
        floor.publish("coupons", [1])
        assert await text(busy.read()) == message(1)
        floor.hub.restart("decaf")
        floor.publish("coupons", range(2, MAX_LAG))
        assert "restarted" in await text(busy.read())
        floor.publish("coupons", range(MAX_LAG, MAX_LAG + 10))
        assert floor.aborted == 0
        chunk = await text(busy.read())
        assert chunk == "".join(f"id: decaf-{n}\ndata: {n}\n\n" for n in range(2, MAX_LAG + 10))


async def test_an_announcement_is_kept_until_every_reader_of_it_has_written_it() -> None:
    floor = Floor(max_streams=3)
    with (
        floor.hub.follow(COUPONS, None, floor.abort) as one,
        floor.hub.follow(COUPONS, None, floor.abort) as other,
        floor.hub.follow(TRIVIA, None, floor.abort),
    ):
        handling = await received(floor, newsletter("An issue"))
        for reader in (one, other):
            await reader.read()
            assert not await is_over(handling)
            written = await waiting(reader)
            assert await is_over(handling) == (reader is other)
            written.cancel()


async def test_a_reader_from_elsewhere_has_written_nothing_before_it_has_read() -> None:
    floor = Floor()
    with floor.hub.follow(COUPONS, "decaf-999", floor.abort) as reader:
        handling = await received(floor, newsletter("An issue"))
        assert "reset" in await text(reader.read())
        assert not await is_over(handling)
        assert "An issue" in await text(reader.read())
        assert not await is_over(handling)
        (await waiting(reader)).cancel()
        assert await is_over(handling)


async def test_a_stalled_reader_delays_an_announcement_for_a_moment_only() -> None:
    floor = Floor()
    with floor.hub.follow(COUPONS, None, floor.abort):
        handling = await received(floor, newsletter("An issue"))
        assert not await is_over(handling)
        assert await asyncio.wait_for(handling, 2) == Done()


async def test_an_announcement_that_nobody_has_selected_is_not_kept() -> None:
    floor = Floor()
    with floor.hub.follow(TRIVIA, None, floor.abort):
        assert await is_over(await received(floor, newsletter("An issue")))


async def test_an_announcement_after_a_restart_is_kept_until_readers_can_reconnect() -> None:
    floor = Floor()
    floor.hub.restart("decaf")
    handling = await received(floor, newsletter("An issue"))
    assert not await is_over(handling)
    with floor.hub.follow(COUPONS, "c0ffee-1", floor.abort) as back:
        assert "reset" in await text(back.read())
        assert "An issue" in await text(back.read())
    assert await asyncio.wait_for(handling, 5) == Done()


async def test_a_reader_too_far_behind_is_dropped_once_while_others_go_on() -> None:
    floor = Floor()
    with (
        floor.hub.follow(COUPONS, None, floor.abort) as slow,
        floor.hub.follow(COUPONS, None, lambda: None) as quick,
    ):
        for number in range(1, MAX_LAG + 3):
            reading = await waiting(quick)
            floor.publish("coupons", [number])
            assert await text(reading) == message(number)
        assert floor.aborted == 1
        assert await slow.read() is None
        assert floor.count("dropped_total", reason="behind") == 1


async def test_a_reader_whose_write_takes_too_long_is_dropped_and_one_that_waits_is_not() -> None:
    floor = Floor()
    with (
        floor.hub.follow(COUPONS, None, floor.abort) as stalled,
        floor.hub.follow(TRIVIA, None, lambda: None) as idle,
    ):
        reading, idling = await waiting(stalled), await waiting(idle)
        floor.publish("coupons", [1])
        assert await text(reading) == message(1)
        await floor.hub.drop_stalled(60)
        assert floor.aborted == 0
        await floor.hub.drop_stalled(0)
        assert floor.aborted == 1
        assert floor.count("dropped_total", reason="stalled") == 1
        assert not idling.done()
        idle.end()
        assert await idling is None


async def test_a_reader_of_something_else_is_never_behind() -> None:
    floor = Floor()
    with floor.hub.follow(TRIVIA, None, floor.abort) as reader:
        reading = await waiting(reader)
        floor.publish("coupons", range(1, MAX_LAG + 5))
        floor.publish("coffee-trivia", [MAX_LAG + 5])
        assert await text(reading) == message(MAX_LAG + 5)
        assert floor.aborted == 0


async def test_what_a_resuming_reader_has_missed_does_not_count_as_lag() -> None:
    floor = Floor()
    floor.publish("coupons", range(1, RING_SIZE + 1))
    with floor.hub.follow(COUPONS, "c0ffee-0", floor.abort) as reader:
        floor.publish("coupons", [RING_SIZE + 1])
        assert floor.aborted == 0
        assert reader.lag(RING_SIZE + 1) == 1


async def test_a_heartbeat_gives_a_reader_without_events_its_new_position() -> None:
    floor = Floor()
    with floor.hub.follow(TRIVIA, None, floor.abort) as reader:
        reading = await waiting(reader)
        floor.publish("coupons", range(1, 10))
        reader.beat()
        assert await text(reading) == "event: beat\nid: c0ffee-9\ndata: {}\n\n"
        reading = await waiting(reader)
        floor.publish("coffee-trivia", [10])
        assert await text(reading) == message(10)


async def test_a_round_sends_every_reader_its_heartbeat_and_a_part_of_them_at_once() -> None:
    count = PART * (BEATS + 1)
    floor = Floor(max_streams=count, max_per_client=count)
    with contextlib.ExitStack() as stack:
        following = [floor.hub.follow(COUPONS, None, floor.abort) for _ in range(count)]
        readings = [await waiting(stack.enter_context(one)) for one in following]
        round_ = asyncio.create_task(floor.hub.heartbeats.beat(0.5))
        done, most_at_once = 0, 0
        while not round_.done():
            await asyncio.sleep(0.002)
            before, done = done, sum(reading.done() for reading in readings)
            most_at_once = max(most_at_once, done - before)
        await asyncio.gather(*readings)
        assert most_at_once < count / 4


async def test_a_reader_that_comes_while_others_are_there_has_its_heartbeat_in_time() -> None:
    floor = Floor()
    beating = asyncio.create_task(every(0, partial(floor.hub.heartbeats.beat, 0.1)))
    with floor.hub.follow(COUPONS, None, floor.abort) as first:
        for _ in range(3):
            await (await waiting(first))
        with floor.hub.follow(COUPONS, None, floor.abort) as second:
            async with asyncio.timeout(0.25):
                await (await waiting(second))
    beating.cancel()


async def test_many_readers_that_come_together_have_their_heartbeats_within_a_round() -> None:
    seconds, count = 0.8, PART * (BEATS - 1)
    floor = Floor(max_streams=count, max_per_client=count)
    beating = asyncio.create_task(every(0, partial(floor.hub.heartbeats.beat, seconds)))
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(floor.hub.follow(COUPONS, None, floor.abort))
        await (await waiting(first))
        following = [floor.hub.follow(COUPONS, None, floor.abort) for _ in range(count - 1)]
        readings = [await waiting(stack.enter_context(one)) for one in following]
        async with asyncio.timeout(1.4 * seconds):
            await asyncio.gather(*readings)
    beating.cancel()


async def test_readers_whose_heartbeat_is_due_when_others_come_have_it_now() -> None:
    seconds, floor = 0.4, Floor(max_streams=PART + 1, max_per_client=PART + 1)
    beating = asyncio.create_task(every(0, partial(floor.hub.heartbeats.beat, seconds)))
    with contextlib.ExitStack() as stack:
        following = [floor.hub.follow(COUPONS, None, floor.abort) for _ in range(PART + 1)]
        readers = [stack.enter_context(one) for one in following[:PART]]
        await asyncio.gather(*[await waiting(reader) for reader in readers])
        readings = [await waiting(reader) for reader in readers]
        await asyncio.sleep(seconds - 0.02)
        stack.enter_context(following[PART])
        time.sleep(0.05)  # noqa: ASYNC251 - the loop is as busy as a thousand streams make it
        async with asyncio.timeout(seconds / 2):
            await asyncio.gather(*readings)
    beating.cancel()


async def test_without_readers_there_is_no_round() -> None:
    floor = Floor()
    beating = asyncio.create_task(floor.hub.heartbeats.beat(0.01))
    await asyncio.sleep(0)
    with floor.hub.follow(COUPONS, None, floor.abort):
        pass
    for _ in range(3):
        await asyncio.sleep(0)
    assert not beating.done()
    with floor.hub.follow(COUPONS, None, floor.abort) as reader:
        assert await text(reader.read()) == "event: beat\nid: c0ffee-0\ndata: {}\n\n"
    await beating


async def test_an_event_takes_the_place_of_a_heartbeat() -> None:
    floor = Floor()
    with floor.hub.follow(COUPONS, None, floor.abort) as reader:
        floor.publish("coupons", [1])
        reader.beat()
        assert await text(reader.read()) == message(1)
        assert not (await waiting(reader)).done()


async def test_the_views_of_one_event_move_the_position_once_all_of_them_are_written() -> None:
    floor = Floor()
    both = Selection(frozenset({"coupons", "coffee-trivia"}))
    with floor.hub.follow(both, None, floor.abort) as reader:
        floor.hub.publish(RingEvent({"coupons": b"1", "coffee-trivia": b"2"}))
        assert await reader.read() == b"data: 2\n\nid: c0ffee-1\ndata: 1\n\n"


async def test_a_long_backlog_is_read_in_parts() -> None:
    floor = Floor()
    floor.hub.publish(RingEvent({"coupons": b"x" * 100_000}))
    floor.hub.publish(RingEvent({"coupons": b"y"}))
    with floor.hub.follow(COUPONS, "c0ffee-0", floor.abort) as reader:
        assert b"y" not in (await reader.read() or b"")
        assert await reader.read() == b"id: c0ffee-2\ndata: y\n\n"


async def test_there_are_no_more_streams_than_allowed() -> None:
    floor = Floor()
    with floor.hub.follow(COUPONS, None, floor.abort), floor.hub.follow(TRIVIA, None, floor.abort):
        assert floor.count("streams") == 2
        assert floor.hub.followers("coupons") == 1
        with pytest.raises(TooManyStreamsError), floor.hub.follow(COUPONS, None, floor.abort):
            pass
    assert floor.count("streams") == 0
    assert floor.hub.followers("coupons") == 0


async def test_no_client_has_more_streams_than_one_may_while_others_find_room() -> None:
    floor = Floor(max_streams=4, max_per_client=1)
    with floor.hub.follow(COUPONS, None, floor.abort, ["here"]):
        with (
            pytest.raises(TooManyForOneClientError),
            floor.hub.follow(COUPONS, None, floor.abort, ["here"]),
        ):
            pass
        with (
            floor.hub.follow(COUPONS, None, floor.abort, ["there"]),
            floor.hub.follow(COUPONS, None, floor.abort),
            floor.hub.follow(COUPONS, None, floor.abort),
        ):
            assert floor.count("streams") == 4
    with floor.hub.follow(COUPONS, None, floor.abort, ["here"]):
        assert floor.count("streams") == 1


@pytest.mark.parametrize(("clients", "left"), [(1, 1799), (10, 600), (40, 15)])
async def test_greedy_clients_leave_streams_for_others(clients: int, left: int) -> None:
    floor = Floor(max_streams=2000, max_per_client=200)
    with contextlib.ExitStack() as taken:

        def take(client: str) -> bool:
            try:
                taken.enter_context(floor.hub.follow(COUPONS, None, floor.abort, [client]))
            except TooManyForOneClientError:
                return False
            return True

        for number in range(clients):
            while take(f"greedy {number}"):
                pass
        assert take("modest")
        assert 2000 - floor.count("streams") >= left


async def test_the_networks_of_one_home_share_four_times_what_one_may_have() -> None:
    floor = Floor(max_streams=1000, max_per_client=2)
    with contextlib.ExitStack() as taken:

        def follow(number: int) -> None:
            client = [f"net {number}", "home", "site"]
            taken.enter_context(floor.hub.follow(COUPONS, None, floor.abort, client))

        for number in range(8):
            follow(number)
        with pytest.raises(TooManyForOneClientError):
            follow(8)


async def test_one_client_may_have_all_streams_if_the_settings_say_so() -> None:
    floor = Floor(max_streams=20, max_per_client=20)
    with contextlib.ExitStack() as taken:
        for _ in range(20):
            taken.enter_context(floor.hub.follow(COUPONS, None, floor.abort, ["proxy"]))


async def test_a_closed_hub_ends_its_readers_and_those_that_come_too_late() -> None:
    floor = Floor()

    async def follow() -> bytes | None:
        with floor.hub.follow(COUPONS, None, floor.abort) as reader:
            return await reader.read()

    following = asyncio.create_task(follow())
    await asyncio.sleep(0)
    await floor.hub.close()
    assert await following is None
    assert await follow() is None


@pytest.mark.parametrize(
    "body", ["", "not json", "[]", "{}", newsletter("not an order").model_dump_json()]
)
async def test_a_body_that_is_no_announcement_is_dropped(body: str) -> None:
    floor = Floor()
    assert await StreamHandler(floor.hub).handle(Message("1", "r", body)) == Done()
    assert floor.count("events_total") == 0


async def test_readers_are_reset_again_once_the_policy_of_their_queue_is_in_force() -> None:
    for policy_seconds, resets in ((0, 1), (0.01, 2)):
        hub, epochs = Floor().hub, iter(["a1", "a2", "a3"])
        ReaderReset(hub, partial(next, epochs), policy_seconds).reset()
        assert hub.ring.epoch == "a1"
        await asyncio.sleep(0.05)
        assert hub.ring.epoch == f"a{resets}"
