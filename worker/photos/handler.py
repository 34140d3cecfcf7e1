"""The photo worker: from the event of an upload to a photo on the menu, step by step.

Read, inspect, render, analyse, put, record, delete the upload; the engine deletes the message only
after that. So an undeleted upload is the outbox: a step that was cut off is repeated when the event
comes back, and once the record says what became of an upload, it stays so.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import PIL
import structlog

from shared.consuming.backoff import full_jitter
from shared.consuming.message import Message
from shared.consuming.outcome import Done, Outcome, Reject, Retry
from shared.domain.photo import Photo, Upload, UploadState, decide
from shared.messages.photo_event import NotAnUploadError, UploadEvent, parse_events
from shared.photos.contract import PhotoStore
from shared.runtime.retry import retry_until_available
from shared.store.photo_contract import PhotoChangedError, PhotoRecordStore
from worker.photos.analysis import Analysis, PhotoAnalysis
from worker.photos.header import Header
from worker.photos.inspection import RefusedError, check_size, inspect
from worker.photos.rendering import Rendered, RenderingFailedError

log = structlog.stdlib.get_logger(__name__)

MOST_TRIES = 10
"""How often an event is worked on; whatever kills the worker each time, ends then."""

RENDERING = f"1 pillow {PIL.__version__}"
"""Names the way of rendering: another one gives other pictures, which need other addresses."""

_LONGEST_PAUSE = 5
_HASH_DIGITS = 32

_T = TypeVar("_T")


class Renderer(Protocol):
    """Renders pictures."""

    async def render(self, header: Header, data: bytes) -> Rendered:
        """Return a picture's renditions; raises RefusedError or RenderingFailedError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoProcessor:
    """Works on the uploads of one shop; `wait` waits so many seconds.

    One picture is in memory at a time, that of `one`: it is what bounds the worker's.
    """

    store_id: str
    photos: PhotoStore
    records: PhotoRecordStore
    renderer: Renderer
    analysis: PhotoAnalysis
    wait: Callable[[float], Awaitable[object]] = asyncio.sleep
    one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def take(self, message: Message) -> Outcome:
        """Decide on each upload of a message, and what to do with the message.

        While a store or the analysis is unavailable, the message is kept, and that step retried:
        handing it back would raise its receive count, until a good photo is given up.
        """
        try:
            events = parse_events(message.body)
            outcomes = [await self._work_on(event, message.receive_count) for event in events]
        except NotAnUploadError as error:
            return Reject(str(error))
        except RenderingFailedError as error:
            return Retry(full_jitter(message.receive_count, random.random), str(error))
        return next((each for each in outcomes if isinstance(each, Reject)), Done())

    async def _work_on(self, event: UploadEvent, tries: int) -> Outcome:
        if event.store_id != self.store_id:
            return Reject("the upload is another shop's")
        record = await self._retry(lambda _: self.records.photo_record(event.item_id))
        decided = record.upload(event.sequencer) or await self._decide(event, tries)
        if decided is None:
            return Done()
        await self._retry(lambda _: self.photos.delete_upload(event.item_id, event.version_id))
        if decided.state is UploadState.REFUSED:
            return Reject(decided.reason or "refused")
        return Done()

    async def _decide(self, event: UploadEvent, tries: int) -> Upload | None:
        """Look at an upload, and record what becomes of it; None when it is gone."""
        try:
            photo = await self._render(event, tries)
        except RefusedError as error:
            upload = _decided(event, UploadState.REFUSED, str(error))
        else:
            if photo is None:
                return None
            upload = _good(event, photo)
        return await self._record(event.item_id, upload)

    async def _render(self, event: UploadEvent, tries: int) -> Photo | None:
        if tries > MOST_TRIES:
            raise RefusedError(f"the picture could not be worked on in {MOST_TRIES} tries")
        check_size(event.size)
        async with self.one:
            data = await self._retry(
                lambda _: self.photos.read_upload(event.item_id, event.version_id)
            )
            if data is None:
                return None
            rendered = await self.renderer.render(inspect(data), data)
            name, size = photo_hash(data), len(data)
            del data
        seen = await self._retry(lambda _: self.analysis.analyze(rendered.fallback))
        await self._retry(lambda _: self.photos.put(name, rendered.renditions))
        return _photo(name, size, rendered, seen)

    async def _record(self, item_id: str, upload: Upload) -> Upload:
        """Record what became of an upload, unless somebody else has; return what is recorded."""

        async def write(_: int) -> Upload:
            while True:
                record = await self.records.photo_record(item_id)
                new = decide(record, upload)
                try:
                    if new is not record:
                        await self.records.replace_photo_record(new)
                except PhotoChangedError:
                    continue
                return new.upload(upload.sequencer) or upload

        decided = await self._retry(write)
        log.info("photo.decided", state=decided.state, reason=decided.reason)
        return decided

    async def _retry(self, step: Callable[[int], Awaitable[_T]]) -> _T:
        """Repeat a step, given its attempt number, while what it needs is unavailable."""
        return await retry_until_available(step, "photo.step_retried", pause=_pause, wait=self.wait)


def photo_hash(data: bytes) -> str:
    """Name the photo that these bytes become, rendered as now."""
    digest = hashlib.sha256(RENDERING.encode() + b"\0")
    digest.update(data)
    return digest.hexdigest()[:_HASH_DIGITS]


def log_fields(body: str) -> Mapping[str, object]:
    """Name the menu item in the lines about a message."""
    events: Sequence[UploadEvent] = ()
    with contextlib.suppress(NotAnUploadError):
        events = parse_events(body)
    return {"item_id": events[0].item_id} if events else {}


def _photo(name: str, size: int, rendered: Rendered, seen: Analysis) -> Photo:
    return Photo(
        hash=name,
        width=rendered.width,
        height=rendered.height,
        widths=rendered.widths,
        color=rendered.color,
        placeholder=rendered.placeholder,
        likeness=rendered.likeness,
        size=size,
        labels=seen.labels,
        flags=seen.flags,
    )


def _good(event: UploadEvent, photo: Photo) -> Upload:
    if not photo.flags:
        return _decided(event, UploadState.SHOWN, photo=photo)
    reason = f"it may show {', '.join(photo.flags)}: a manager has to consent"
    return _decided(event, UploadState.HELD, reason, photo)


def _decided(
    event: UploadEvent, state: UploadState, reason: str | None = None, photo: Photo | None = None
) -> Upload:
    return Upload(event.sequencer, event.at, state, reason, photo, event.version_id)


def _pause(attempt: int) -> float:
    return full_jitter(attempt, random.random, cap=_LONGEST_PAUSE)
