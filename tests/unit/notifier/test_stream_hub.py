"""The hub: who hears what, how far behind anybody may fall, and how a silence is bridged."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field

import pytest
from prometheus_client import CollectorRegistry

from notifier.stream.feed import Listener
from notifier.stream.hub import Hub, TooManyForOneClientError, TooManyStreamsError
from notifier.stream.metrics import StreamMetrics
from notifier.stream.reader import Reader
from notifier.stream.ring import Ring
from notifier.stream.selection import Announcement, Selection
from shared.consuming.message import Message
from shared.consuming.outcome import Done, Outcome
from shared.messages.announcement import CloudEvent, order_event
from tests.support.notifier import newsletter, placed

COUPONS = Selection(frozenset({"coupons"}))
TRIVIA = Selection(frozenset({"coffee-trivia"}))
MAX_LAG = 20
MARK_EVERY = 25
RING_SIZE = 100


@dataclass
class Floor:
    """A hub, and the cutting of connections as it would be seen from outside."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    cuts: list[str] = field(default_factory=list)
    max_streams: int = 2
    max_per_client: int = 2
    ring_size: int = RING_SIZE
    hub: Hub = field(init=False)

    def __post_init__(self) -> None:
        self.hub = Hub(
            Ring("c0ffee", self.ring_size, 2**20),
            StreamMetrics(self.registry),
            max_lag=MAX_LAG,
            max_streams=self.max_streams,
            max_per_client=self.max_per_client,
            mark_every=MARK_EVERY,
        )

    def publish(self, topic: str, numbers: Sequence[int]) -> None:
        for number in numbers:
            self.hub.pass_on(Announcement({topic: str(number).encode()}))

    def cut(self) -> None:
        self.cuts.append("cut")

    def count(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"coffeeshop_live_{name}", labels) or 0


def message(number: int) -> str:
    return f"id: c0ffee-{number}\ndata: {number}\n\n"


async def waiting(reader: Reader) -> asyncio.Task[bytes | None]:
    """Let the reader wait for news."""
    reading = asyncio.create_task(reader.read())
    for _ in range(3):
        await asyncio.sleep(0)
    assert not reading.done()
    return reading


async def heard(floor: Floor, issue: CloudEvent) -> asyncio.Task[Outcome]:
    """Let the listener hear of an issue."""
    delivery = Message("1", "r", issue.model_dump_json(), {"topic": "coupons"})
    hearing = asyncio.create_task(Listener(floor.hub).handle(delivery))
    await asyncio.sleep(0)
    return hearing


async def is_over(hearing: asyncio.Task[Outcome]) -> bool:
    for _ in range(5):
        await asyncio.sleep(0)
    return hearing.done()


async def text(news: Awaitable[bytes | None]) -> str:
    return (await asyncio.wait_for(news, 1) or b"").decode()


async def test_a_waiting_reader_is_woken_by_what_it_selected_and_by_nothing_else() -> None:
    floor = Floor()
    with floor.hub.follow(COUPONS, None, floor.cut) as reader:
        reading = await waiting(reader)
        floor.publish("coffee-trivia", range(1, 4))
        await asyncio.sleep(0)
        assert not reading.done()
        floor.publish("coupons", [4])
        assert await text(reading) == message(4)


async def test_a_reader_without_an_id_begins_now() -> None:
    floor = Floor()
    floor.publish("coupons", [1])
    with floor.hub.follow(COUPONS, None, floor.cut) as reader:
        reading = await waiting(reader)
        floor.publish("coupons", [2])
        assert await text(reading) == message(2)


async def test_a_reader_of_one_order_begins_with_what_the_ring_holds_of_it() -> None:
    floor = Floor()
    order = placed()
    delivery = Message("1", "r", order_event(order).model_dump_json())
    assert await Listener(floor.hub).handle(delivery) == Done()
    with floor.hub.follow(
        Selection(frozenset({"order-events"}), order.id), None, floor.cut
    ) as reader:
        assert f"{order.id}:1" in str(await reader.read())


async def test_a_reader_that_resumes_gets_the_rest_at_once() -> None:
    floor = Floor()
    floor.publish("coupons", range(1, 6))
    with floor.hub.follow(COUPONS, "c0ffee-2", floor.cut) as reader:
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
async def test_a_reader_that_cannot_resume_is_told_so_and_goes_on_with_what_the_ring_holds(
    last_event_id: str, reason: str
) -> None:
    floor = Floor()
    floor.publish("coupons", range(1, RING_SIZE + 11))
    with floor.hub.follow(COUPONS, last_event_id, floor.cut) as reader:
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
    with floor.hub.follow(COUPONS, "decaf-7", floor.cut) as reader:
        assert (await text(reader.read())).startswith("event: reset\nid: c0ffee-1500\n")
        assert (await text(reader.read())).startswith(message(1501))


async def test_an_interruption_is_told_to_waiting_and_to_busy_readers() -> None:
    floor = Floor()
    with (
        floor.hub.follow(COUPONS, None, floor.cut) as idle,
        floor.hub.follow(COUPONS, None, floor.cut) as busy,
    ):
        reading = await waiting(idle)
        floor.publish("coupons", [1])
        assert await text(reading) == message(1)
        reading = await waiting(idle)
        floor.hub.interrupted("decaf")
        for news in (await text(reading), await text(busy.read())):
            assert news == 'event: reset\nid: decaf-1\ndata: {"reason": "restarted"}\n\n'
        floor.publish("coupons", [2])
        assert await busy.read() == b"id: decaf-2\ndata: 2\n\n"


async def test_a_busy_reader_misses_nothing_that_came_since_an_interruption() -> None:
    floor = Floor()
    with floor.hub.follow(COUPONS, None, floor.cut) as busy:
        floor.publish("coupons", [1])
        assert await text(busy.read()) == message(1)
        floor.hub.interrupted("decaf")
        floor.publish("coupons", range(2, MAX_LAG))
        assert "restarted" in await text(busy.read())
        floor.publish("coupons", range(MAX_LAG, MAX_LAG + 10))
        assert floor.cuts == []
        news = await text(busy.read())
        assert news == "".join(f"id: decaf-{n}\ndata: {n}\n\n" for n in range(2, MAX_LAG + 10))


async def test_an_announcement_is_kept_until_everybody_it_was_offered_to_has_written_it() -> None:
    floor = Floor(max_streams=3)
    with (
        floor.hub.follow(COUPONS, None, floor.cut) as one,
        floor.hub.follow(COUPONS, None, floor.cut) as other,
        floor.hub.follow(TRIVIA, None, floor.cut),
    ):
        hearing = await heard(floor, newsletter("An issue"))
        for reader in (one, other):
            await reader.read()
            assert not await is_over(hearing)
            written = await waiting(reader)
            assert await is_over(hearing) == (reader is other)
            written.cancel()


async def test_a_reader_from_elsewhere_has_written_nothing_before_it_has_read() -> None:
    floor = Floor()
    with floor.hub.follow(COUPONS, "decaf-999", floor.cut) as reader:
        hearing = await heard(floor, newsletter("An issue"))
        assert "reset" in await text(reader.read())
        assert not await is_over(hearing)
        assert "An issue" in await text(reader.read())
        assert not await is_over(hearing)
        (await waiting(reader)).cancel()
        assert await is_over(hearing)


async def test_a_stalled_reader_holds_an_announcement_up_for_a_moment_only() -> None:
    floor = Floor()
    with floor.hub.follow(COUPONS, None, floor.cut):
        hearing = await heard(floor, newsletter("An issue"))
        assert not await is_over(hearing)
        assert await asyncio.wait_for(hearing, 2) == Done()


async def test_what_nobody_has_selected_is_not_kept() -> None:
    floor = Floor()
    with floor.hub.follow(TRIVIA, None, floor.cut):
        assert await is_over(await heard(floor, newsletter("An issue")))


async def test_what_is_heard_after_an_interruption_is_kept_until_readers_can_be_back() -> None:
    floor = Floor()
    floor.hub.interrupted("decaf")
    hearing = await heard(floor, newsletter("An issue"))
    assert not await is_over(hearing)
    with floor.hub.follow(COUPONS, "c0ffee-1", floor.cut) as back:
        assert "reset" in await text(back.read())
        assert "An issue" in await text(back.read())
    assert await asyncio.wait_for(hearing, 5) == Done()


async def test_a_reader_too_far_behind_is_dropped_once_while_others_go_on() -> None:
    floor = Floor()
    with (
        floor.hub.follow(COUPONS, None, floor.cut) as slow,
        floor.hub.follow(COUPONS, None, lambda: None) as quick,
    ):
        for number in range(1, MAX_LAG + 3):
            reading = await waiting(quick)
            floor.publish("coupons", [number])
            assert await text(reading) == message(number)
        assert floor.cuts == ["cut"]
        assert await slow.read() is None
        assert floor.count("dropped_total", reason="behind") == 1


async def test_who_does_not_come_back_for_more_is_dropped_and_who_waits_for_news_is_not() -> None:
    floor = Floor()
    with (
        floor.hub.follow(COUPONS, None, floor.cut) as stalled,
        floor.hub.follow(TRIVIA, None, lambda: None) as idle,
    ):
        reading, idling = await waiting(stalled), await waiting(idle)
        floor.publish("coupons", [1])
        assert await text(reading) == message(1)
        await floor.hub.drop_stalled(60)
        assert floor.cuts == []
        await floor.hub.drop_stalled(0)
        assert floor.cuts == ["cut"]
        assert floor.count("dropped_total", reason="stalled") == 1
        assert not idling.done()
        idle.end()
        assert await idling is None


async def test_a_reader_of_something_else_is_never_behind() -> None:
    floor = Floor()
    with floor.hub.follow(TRIVIA, None, floor.cut) as reader:
        reading = await waiting(reader)
        floor.publish("coupons", range(1, MARK_EVERY))
        floor.publish("coffee-trivia", [MARK_EVERY])
        assert await text(reading) == message(MARK_EVERY)
        assert floor.cuts == []


async def test_what_a_resuming_reader_has_to_catch_up_on_does_not_count_as_behind() -> None:
    floor = Floor()
    floor.publish("coupons", range(1, RING_SIZE + 1))
    with floor.hub.follow(COUPONS, "c0ffee-0", floor.cut) as reader:
        floor.publish("coupons", [RING_SIZE + 1])
        assert floor.cuts == []
        assert reader.behind(RING_SIZE + 1) == 1


async def test_a_reader_with_nothing_to_read_is_told_how_far_it_is() -> None:
    floor = Floor()
    with floor.hub.follow(TRIVIA, None, floor.cut) as reader:
        reading = await waiting(reader)
        floor.publish("coupons", range(1, MARK_EVERY + 1))
        assert await text(reading) == f"id: c0ffee-{MARK_EVERY}\n\n"


async def test_the_views_of_one_event_move_the_place_once_all_of_them_are_written() -> None:
    floor = Floor()
    both = Selection(frozenset({"coupons", "coffee-trivia"}))
    with floor.hub.follow(both, None, floor.cut) as reader:
        floor.hub.pass_on(Announcement({"coupons": b"1", "coffee-trivia": b"2"}))
        assert await reader.read() == b"data: 2\n\nid: c0ffee-1\ndata: 1\n\n"


async def test_a_long_backlog_is_read_in_parts() -> None:
    floor = Floor()
    floor.hub.pass_on(Announcement({"coupons": b"x" * 100_000}))
    floor.hub.pass_on(Announcement({"coupons": b"y"}))
    with floor.hub.follow(COUPONS, "c0ffee-0", floor.cut) as reader:
        assert b"y" not in (await reader.read() or b"")
        assert await reader.read() == b"id: c0ffee-2\ndata: y\n\n"


async def test_there_are_no_more_streams_than_allowed() -> None:
    floor = Floor()
    with floor.hub.follow(COUPONS, None, floor.cut), floor.hub.follow(TRIVIA, None, floor.cut):
        assert floor.count("streams") == 2
        assert floor.hub.followers("coupons") == 1
        with pytest.raises(TooManyStreamsError), floor.hub.follow(COUPONS, None, floor.cut):
            pass
    assert floor.count("streams") == 0
    assert floor.hub.followers("coupons") == 0


async def test_no_client_has_more_streams_than_one_may_while_others_find_room() -> None:
    floor = Floor(max_streams=4, max_per_client=1)
    with floor.hub.follow(COUPONS, None, floor.cut, "here"):
        with (
            pytest.raises(TooManyForOneClientError),
            floor.hub.follow(COUPONS, None, floor.cut, "here"),
        ):
            pass
        with (
            floor.hub.follow(COUPONS, None, floor.cut, "there"),
            floor.hub.follow(COUPONS, None, floor.cut),
            floor.hub.follow(COUPONS, None, floor.cut),
        ):
            assert floor.count("streams") == 4
    with floor.hub.follow(COUPONS, None, floor.cut, "here"):
        assert floor.count("streams") == 1


async def test_a_closed_hub_ends_its_readers_and_those_that_come_too_late() -> None:
    floor = Floor()

    async def follow() -> bytes | None:
        with floor.hub.follow(COUPONS, None, floor.cut) as reader:
            return await reader.read()

    following = asyncio.create_task(follow())
    await asyncio.sleep(0)
    await floor.hub.close()
    assert await following is None
    assert await follow() is None


@pytest.mark.parametrize(
    "body", ["", "not json", "[]", "{}", newsletter("not an order").model_dump_json()]
)
async def test_what_is_no_announcement_is_dropped(body: str) -> None:
    floor = Floor()
    assert await Listener(floor.hub).handle(Message("1", "r", body)) == Done()
    assert floor.count("events_total") == 0
