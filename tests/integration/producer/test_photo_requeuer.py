"""An upload that nobody has looked at has an event on the queue again, and soon."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from producer.photos.events import UploadEvents
from producer.photos.requeuer import UploadRequeuer
from shared.aws.queues import open_photos_queue
from shared.messages.photo_event import UploadEvent, parse_events
from shared.photos.contract import UploadedFile
from shared.photos.files import FilePhotoStore
from shared.runtime.lifecycle import background_task
from tests.support.back_room import BackRoom
from tests.support.photos import take_events

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def files(tmp_path: Path) -> FilePhotoStore:
    return FilePhotoStore(tmp_path / "photos", "main")


@pytest.fixture
async def requeuer(room: BackRoom, files: FilePhotoStore) -> AsyncIterator[UploadRequeuer]:
    async with open_photos_queue(room.clients, room.names, wait_time=0) as queue:
        events = UploadEvents(queue, "main")
        yield UploadRequeuer(files=files, events=events, clock=room.clock)


async def uploaded(files: FilePhotoStore, item: str) -> UploadedFile:
    """Store an upload without an event, as if its cashier was killed right then."""
    async with files.new_upload(item) as writer:
        await writer.write(b"a photo")
        return await writer.commit()


async def events_of(room: BackRoom, least: int = 0) -> list[UploadEvent]:
    return await take_events(room.clients, room.names, least)


async def test_at_its_start_and_after_a_broker_reset_all_uploads_are_queued_at_once(
    room: BackRoom, requeuer: UploadRequeuer, files: FilePhotoStore
) -> None:
    stored = [await uploaded(files, item) for item in ("latte", "latte", "mocha")]
    lost = asyncio.Event()
    async with background_task(requeuer.run(lost), "requeuer"):
        for _ in range(2):  # at the start, and after the reset
            events = await events_of(room, least=len(stored))
            assert {(each.item_id, each.version_id, each.sequencer) for each in events} == {
                (each.item_id, each.version_id, each.version_id) for each in stored
            }
            lost.set()


async def test_an_upload_that_waits_for_a_minute_is_queued_again_unless_the_queue_has_events(
    room: BackRoom, requeuer: UploadRequeuer, files: FilePhotoStore
) -> None:
    upload = await uploaded(files, "latte")
    await requeuer.requeue_due()
    assert await events_of(room) == []

    room.ahead = MINUTE
    for _ in range(3):
        await requeuer.requeue_due()
    (event,) = await events_of(room, least=1)
    assert event.version_id == upload.version_id

    await requeuer.requeue_due()
    (message,) = await requeuer.events.queue.receive(10)
    await requeuer.requeue_due()  # a worker has it
    assert [each.item_id for each in parse_events(message.body)] == ["latte"]
    assert await events_of(room) == []


async def test_what_was_looked_at_is_not_queued_again(
    room: BackRoom, requeuer: UploadRequeuer, files: FilePhotoStore
) -> None:
    upload = await uploaded(files, "latte")
    await files.delete_upload("latte", upload.version_id)
    await requeuer.requeue_all()
    assert await events_of(room) == []
