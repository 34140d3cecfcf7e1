"""The photo worker's handler, with the real stores, the real renderer and the emulator's queue."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from shared.consuming.outcome import Done, Reject, Retry
from shared.domain.errors import UnavailableError
from tests.support.photo_shop import PhotoShop, open_photo_shop
from tests.support.pictures import photo
from worker.photos.analysis import Analysis
from worker.photos.rendering import ProcessRenderer

GOOD = photo()
OTHER = photo(640, 480)


@pytest_asyncio.fixture
async def shop(ministack: str, tmp_path: Path) -> AsyncIterator[PhotoShop]:
    async with open_photo_shop(ministack, tmp_path) as shop:
        yield shop


class CutOffError(Exception):
    """The worker was killed here."""


@dataclass
class CutOff:
    """Passes calls on to a store, and ends the worker after, or before, the one of that name."""

    inner: Any
    name: str
    before: bool

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.inner, name)
        if name != self.name:
            return method

        async def call(*args: Any) -> Any:
            if self.before:
                raise CutOffError
            await method(*args)
            raise CutOffError

        return call


async def test_an_upload_is_shown_with_all_its_renditions_and_is_gone(shop: PhotoShop) -> None:
    assert await shop.work(await shop.upload(GOOD)) == Done()
    record = await shop.store.photo_record("latte")
    assert record.shown is not None
    assert (record.shown.width, record.shown.height, record.shown.size) == (800, 600, len(GOOD))
    for name in ("320.webp", "640.webp", "fallback.jpg"):
        assert await shop.photos.get(record.shown.hash, name)
    assert await shop.photos.uploads() == []
    assert await shop.dead_letters() == []


async def test_a_refused_upload_is_a_dead_letter_and_on_record_with_the_same_reason(
    shop: PhotoShop,
) -> None:
    outcome = await shop.work(await shop.upload(b"<svg></svg>"))
    assert outcome == Reject("this is an SVG drawing; save it as JPEG")
    [upload] = (await shop.store.photo_record("latte")).uploads
    assert (upload.state, upload.reason) == ("refused", outcome.reason)
    assert [letter.reason for letter in await shop.dead_letters()] == [outcome.reason]
    assert await shop.photos.uploads() == []


STEPS = [
    ("records", "photo_record"),
    ("photos", "read_upload"),
    ("records", "replace_photo_record"),
    ("photos", "delete_upload"),
]
STEPS_OF_GOOD = [("renderer", "render"), ("analysis", "analyze"), ("photos", "put")]


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(
    ("data", "part", "name"),
    [
        *((GOOD, *step) for step in [*STEPS, *STEPS_OF_GOOD]),
        *((b"no picture", *step) for step in STEPS),
    ],
)
async def test_a_worker_killed_at_any_step_leaves_what_the_next_one_finishes(
    shop: PhotoShop, data: bytes, part: str, name: str, *, before: bool
) -> None:
    await shop.send(await shop.upload(data))
    message = await shop.receive()
    changes: dict[str, Any] = {part: CutOff(getattr(shop.processor, part), name, before)}
    with pytest.raises(CutOffError):
        await replace(shop.processor, **changes).take(message)
    outcome = await shop.processor.take(message)
    assert isinstance(outcome, Done if data == GOOD else Reject)
    assert await shop.states() == ["shown" if data == GOOD else "refused"]
    assert await shop.photos.uploads() == []
    assert await shop.processor.take(message) == outcome  # the message's deletion was lost


async def test_of_two_uploads_the_later_is_shown_whichever_event_comes_first(
    shop: PhotoShop,
) -> None:
    earlier, later = await shop.upload(GOOD), await shop.upload(OTHER)
    assert await shop.work(later) == Done()
    assert await shop.work(earlier) == Done()
    record = await shop.store.photo_record("latte")
    assert [each.state.value for each in record.uploads] == ["shown", "replaced"]
    assert record.shown is not None
    assert record.shown.width == 640


async def test_two_workers_with_the_same_event_record_it_once(shop: PhotoShop) -> None:
    event = await shop.upload(GOOD)
    await shop.send(event, event)
    message = await shop.receive()
    other = replace(shop.processor, renderer=ProcessRenderer(), one=asyncio.Lock())
    outcomes = await asyncio.gather(shop.processor.take(message), other.take(message))
    assert list(outcomes) == [Done(), Done()]
    assert await shop.states() == ["shown"]


async def test_uploads_of_two_items_never_meet(shop: PhotoShop) -> None:
    one, two = await shop.upload(GOOD, "latte"), await shop.upload(OTHER, "espresso")
    assert await shop.work(one, two) == Done()
    widths = {
        record.item_id: record.shown and record.shown.width
        for record in await shop.store.photo_records()
    }
    assert widths == {"latte": 800, "espresso": 640}


async def test_concurrent_uploads_of_one_item_are_all_recorded(shop: PhotoShop) -> None:
    events = [await shop.upload(photo(400 + n, 300)) for n in range(4)]
    for event in events:
        await shop.send(event)
    messages = [await shop.receive() for _ in events]
    workers = [replace(shop.processor, one=asyncio.Lock()) for _ in events]
    await asyncio.gather(*(w.take(m) for w, m in zip(workers, messages, strict=True)))
    assert sorted(await shop.states()) == ["replaced", "replaced", "replaced", "shown"]
    shown = (await shop.store.photo_record("latte")).shown
    assert shown is not None
    assert shown.width == 403


async def test_a_message_is_done_when_one_upload_is_refused_and_rejected_for_that(
    shop: PhotoShop,
) -> None:
    bad, good = await shop.upload(b"no picture"), await shop.upload(GOOD, "espresso")
    assert isinstance(await shop.work(bad, good), Reject)
    assert await shop.states("espresso") == ["shown"]


async def test_what_is_no_upload_of_this_shop_is_not_looked_at(shop: PhotoShop) -> None:
    event = await shop.upload(GOOD)
    outcome = await shop.work(replace(event, store_id="other"))
    assert outcome == Reject("the upload is another shop's")
    assert await shop.states() == []
    assert len(await shop.photos.uploads()) == 1


async def test_an_upload_that_somebody_else_has_looked_at_is_done(shop: PhotoShop) -> None:
    event = await shop.upload(GOOD)
    await shop.photos.delete_upload(event.item_id, event.version_id)
    assert await shop.work(event) == Done()


async def test_the_event_by_which_s3_tries_a_notification_is_done(shop: PhotoShop) -> None:
    body = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "coffee-photos"}
    await shop.queue.send(json.dumps(body))
    assert await shop.processor.take(await shop.receive()) == Done()


async def test_an_upload_that_was_received_too_often_is_refused_unread(shop: PhotoShop) -> None:
    event = await shop.upload(GOOD)
    outcome = await shop.work(event, receive_count=101)
    assert outcome == Reject("the picture could not be worked on in 100 tries")
    assert await shop.states() == ["refused"]
    assert await shop.photos.uploads() == []


async def test_a_good_photo_whose_message_came_often_in_an_outage_is_shown(
    shop: PhotoShop,
) -> None:
    assert await shop.work(await shop.upload(GOOD), receive_count=60) == Done()
    assert await shop.states() == ["shown"]


async def test_a_renderer_that_fails_for_no_fault_of_the_picture_is_tried_again(
    shop: PhotoShop,
) -> None:
    event = await shop.upload(GOOD)
    await shop.send(event)
    message = await shop.receive()
    slow = replace(shop.processor, renderer=ProcessRenderer(seconds=0.001))
    assert isinstance(await slow.take(replace(message, receive_count=9)), Retry)
    assert await shop.states() == []
    refused = await slow.take(replace(message, receive_count=10))
    assert refused == Reject("the picture could not be worked on in 10 tries")


class Flagging:
    """Is unavailable once, and then flags everything."""

    def __init__(self) -> None:
        self.calls = 0

    async def analyze(self, jpeg: bytes) -> Analysis:
        self.calls += 1
        if self.calls == 1:
            raise UnavailableError("throttled")
        assert jpeg.startswith(b"\xff\xd8")
        return Analysis(labels=("Coffee",), flags=("Alcohol",))


async def test_a_flagged_photo_is_held_and_a_throttled_analysis_only_waits(
    shop: PhotoShop,
) -> None:
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    event = await shop.upload(GOOD)
    await shop.send(event)
    processor = replace(shop.processor, analysis=Flagging(), wait=wait)
    assert await processor.take(await shop.receive()) == Done()
    [upload] = (await shop.store.photo_record("latte")).uploads
    assert (upload.state, upload.reason) == (
        "held",
        "it may show Alcohol: a manager has to consent",
    )
    assert len(waits) == 1


async def test_a_body_that_is_no_event_is_rejected_and_says_why(shop: PhotoShop) -> None:
    await shop.queue.send("{")
    outcome = await shop.processor.take(await shop.receive())
    assert isinstance(outcome, Reject)
    assert outcome.reason.startswith("not the event of an upload")


async def test_an_upload_that_cannot_be_read_is_refused_after_its_tries_with_a_reason(
    shop: PhotoShop,
) -> None:
    event = await shop.upload(GOOD)
    path = shop.settings.photos_dir / "uploads/main/latte" / event.version_id
    path.unlink()
    path.mkdir()
    await shop.send(event)
    message = await shop.receive()
    assert isinstance(await shop.processor.take(message), Retry)
    reason = "the file cannot be read; upload it again"
    assert await shop.processor.take(replace(message, receive_count=10)) == Reject(reason)
    assert await shop.states() == ["refused"]
    assert await shop.processor.take(message) == Done()  # it stays, and its event comes again


async def test_during_an_outage_a_message_is_given_back_so_that_others_have_their_turn(
    shop: PhotoShop,
) -> None:
    class Away(Flagging):
        async def analyze(self, jpeg: bytes) -> Analysis:  # noqa: ARG002 - the port's
            raise UnavailableError("throttled")

    await shop.send(await shop.upload(GOOD))
    message = await shop.receive()
    away = replace(shop.processor, analysis=Away(), seconds=1.5)
    assert isinstance(await away.take(message), Retry)
    assert await shop.states() == []
    assert await shop.processor.take(message) == Done()
