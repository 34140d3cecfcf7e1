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
from shared.photos.contract import BrokenUploadError, PhotoStore
from shared.runtime.retry import retry_until_available
from shared.store.photo_contract import PhotoChangedError, PhotoRecordStore
from worker.photos.analysis import Analysis, PhotoAnalysis
from worker.photos.header import Header
from worker.photos.inspection import RefusedError, check_size, inspect
from worker.photos.rendering import Rendered, RenderingFailedError

log = structlog.stdlib.get_logger(__name__)

MOST_TRIES = 10
"""From this receive on, a picture is refused if rendering it, or reading its file, fails again."""

MOST_RECEIVES = 100
"""How often a message is looked at; whatever kills the worker itself each time, ends then.

Outages raise the count too, though no faster than once in some minutes.
"""

RENDERING = f"1 pillow {PIL.__version__}"
"""Names the way of rendering: another one gives other pictures, which need other addresses."""

MOST_SECONDS = 300.0
"""How long a message is kept while something is unavailable; then others have their turn."""

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
    seconds: float = MOST_SECONDS
    one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def take(self, message: Message) -> Outcome:
        """Decide on each upload of a message, and what to do with the message.

        While a store or the analysis is unavailable, the message is kept, and that step retried,
        for `seconds` in all.
        """
        tries = message.receive_count
        try:
            events = parse_events(message.body)
            async with asyncio.timeout(self.seconds):
                outcomes = [await self._work_on(event, tries) for event in events]
        except NotAnUploadError as error:
            return Reject(str(error))
        except TimeoutError:
            return _again(tries, "what it needs is unavailable")
        except (BrokenUploadError, RenderingFailedError) as error:
            return _again(tries, str(error))
        return next((each for each in outcomes if isinstance(each, Reject)), Done())

    async def _work_on(self, event: UploadEvent, tries: int) -> Outcome:
        if event.store_id != self.store_id:
            return Reject("the upload is another shop's")
        record = await self._retry(lambda _: self.records.photo_record(event.item_id))
        known = record.upload(event.sequencer)
        decided = known or await self._decide(event, tries)
        if decided is None:
            return Done()
        if not await self._delete(event) and known:
            # The cashier queues what stays again and again: one dead letter is enough.
            return Done()
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
        if tries > MOST_RECEIVES:
            raise RefusedError(f"the picture could not be worked on in {MOST_RECEIVES} tries")
        check_size(event.size)
        async with self.one:
            data = await self._read(event, tries)
            if data is None:
                return None
            rendered = await self._draw(data, tries)
            name, size = photo_hash(data), len(data)
            del data
        seen = await self._retry(lambda _: self.analysis.analyze(rendered.fallback))
        await self._retry(lambda _: self.photos.put(name, rendered.renditions))
        return _photo(name, size, rendered, seen)

    async def _read(self, event: UploadEvent, tries: int) -> bytes | None:
        try:
            return await self._retry(
                lambda _: self.photos.read_upload(event.item_id, event.version_id)
            )
        except BrokenUploadError as error:
            if tries >= MOST_TRIES:
                raise RefusedError("the file cannot be read; upload it again") from error
            raise

    async def _draw(self, data: bytes, tries: int) -> Rendered:
        try:
            return await self.renderer.render(inspect(data), data)
        except RenderingFailedError as error:
            if tries >= MOST_TRIES:
                reason = f"the picture could not be worked on in {MOST_TRIES} tries"
                raise RefusedError(reason) from error
            raise

    async def _delete(self, event: UploadEvent) -> bool:
        """Delete an upload that is decided; return whether it could be."""
        try:
            await self._retry(lambda _: self.photos.delete_upload(event.item_id, event.version_id))
        except BrokenUploadError as error:
            log.warning("photo.not_deleted", version_id=event.version_id, error=str(error))
            return False
        return True

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


def _again(tries: int, reason: str) -> Retry:
    return Retry(full_jitter(tries, random.random), reason)


def _pause(attempt: int) -> float:
    return full_jitter(attempt, random.random, cap=_LONGEST_PAUSE)
