"""Resuming: a stream continues where it was, or is reset; slow readers delay nobody."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from shared.domain.order import OrderState
from tests.support.notifier import (
    SECONDS,
    announcing,
    newsletter,
    placed,
    serving,
    settings_for,
    then,
)
from tests.support.stalled_stream import stalled_stream

PREPARING, READY = OrderState.PREPARING, OrderState.READY


async def aborted(reader: asyncio.StreamReader) -> bool:
    """Read on, and return whether the stream breaks off instead of ending."""
    end = b""
    async with asyncio.timeout(SECONDS):
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(2**16):
                end = (end + chunk)[-5:]
    return end != b"0\r\n\r\n"


async def test_a_stream_that_resumes_gets_all_it_has_missed_and_nothing_twice(
    ministack: str,
) -> None:
    settings = settings_for(ministack)
    issues = [newsletter(f"Issue {number}") for number in range(9)]
    async with announcing(settings) as announcer, serving(settings) as notifier:
        async with notifier.stream(topics="coupons") as stream:
            for issue in issues[:3]:
                await announcer.send_out(issue)
            seen = await stream.take(2)
        async with notifier.stream(topics="coupons") as witness:
            for issue in issues[3:]:
                await announcer.send_out(issue)
            await witness.take(6)
        async with notifier.stream(stream.last_event_id, topics="coupons") as resumed:
            seen += await resumed.take(7)
            await announcer.send_out(newsletter("The next one"))
            (following,) = await resumed.take(1)
    assert [event["id"] for event in seen] == [issue.id for issue in issues]
    assert following["data"]["subject"] == "The next one"


async def test_a_page_resumes_a_stream_by_its_address_even_if_it_had_no_event_yet(
    ministack: str,
) -> None:
    settings = settings_for(ministack)
    async with announcing(settings) as announcer, serving(settings) as notifier:
        async with notifier.stream(topics="coupons") as stream:
            position = await stream.beat()
        async with notifier.stream(topics="coupons") as witness:
            await announcer.send_out(newsletter("Missed"))
            await witness.take(1)
        async with notifier.stream(topics="coupons", last_event_id=position) as resumed:
            (event,) = await resumed.take(1)
    assert event["data"]["subject"] == "Missed"


async def test_a_customer_who_connects_late_still_sees_the_orders_past_events(
    ministack: str,
) -> None:
    settings = settings_for(ministack)
    order = placed()
    async with announcing(settings) as announcer, serving(settings) as notifier:
        async with notifier.stream(order_id=order.id) as early:
            await announcer.announce(order, then(order, PREPARING))
            await early.take(2)
        async with notifier.stream(order_id=order.id) as late:
            await announcer.announce(then(order, PREPARING, READY))
            events = await late.take(3)
    assert [event["data"]["version"] for event in events] == [1, 2, 3]


async def test_a_stream_from_before_a_restart_is_reset_and_continues(ministack: str) -> None:
    settings = settings_for(ministack)
    async with announcing(settings) as announcer:
        async with serving(settings) as before, before.stream(topics="coupons") as stream:
            await announcer.send_out(newsletter("Before"))
            await stream.take(1)
        async with (
            serving(settings) as after,
            after.stream(stream.last_event_id, topics="coupons") as resumed,
        ):
            assert await resumed.reset() == "restarted"
            await announcer.send_out(newsletter("After"))
            (event,) = await resumed.take(1)
            assert event["data"]["subject"] == "After"
            async with after.stream(resumed.last_event_id, topics="coupons") as again:
                await announcer.send_out(newsletter("Again"))
                (event,) = await again.take(1)
                assert event["data"]["subject"] == "Again"


async def test_an_invalid_id_is_answered_by_a_reset(ministack: str) -> None:
    settings = settings_for(ministack)
    async with (
        serving(settings) as notifier,
        notifier.stream("42", topics="board") as stream,
    ):
        assert await stream.reset() == "restarted"


@pytest.mark.parametrize(
    ("settings", "issues", "reason"),
    [
        ({"max_lag": 100, "stalled_seconds": 60}, 150, "behind"),
        ({"max_lag": 1000, "stalled_seconds": 0.3}, 40, "stalled"),
    ],
)
async def test_a_slow_reader_is_dropped_and_the_others_go_on(
    settings: dict[str, float], issues: int, reason: str, ministack: str
) -> None:
    chosen = settings_for(ministack, **settings)
    body = "x" * 20_000
    async with (
        announcing(chosen) as announcer,
        serving(chosen) as notifier,
        stalled_stream(notifier.http.base_url, "coupons") as stalled,
        notifier.stream(topics="coupons") as quick,
    ):
        sending = asyncio.gather(
            *(announcer.send_out(newsletter(str(number), body)) for number in range(issues))
        )
        events = await quick.take(issues)
        await sending
        assert {event["data"]["subject"] for event in events} == set(map(str, range(issues)))
        await notifier.counts(f'coffeeshop_live_dropped_total{{reason="{reason}"}}', 1)
        assert await aborted(stalled)
