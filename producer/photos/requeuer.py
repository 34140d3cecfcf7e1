"""Sends the events of uploads again that nobody has looked at: the queue may have lost them.

Photo workers look at the same upload once, however many events of it come.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from producer.photos.events import UploadEvents
from shared.clock import Clock
from shared.domain.errors import UnavailableError
from shared.photos.contract import PhotoStore

_RETRY_SECONDS = 2

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRequeuer:
    """Looks every `seconds` for uploads that have waited for `patience`."""

    files: PhotoStore
    events: UploadEvents
    clock: Clock
    seconds: float = 15
    patience: dt.timedelta = dt.timedelta(seconds=60)

    async def run(self, lost: asyncio.Event) -> None:
        """Send all events at the start and when `lost` is set, and those that are due on a timer.

        While sending all fails, that is tried again.
        """
        send_all = True
        while True:
            lost.clear()
            requeue = self.requeue_all if send_all else self.requeue_due
            if await _succeeds(requeue):
                send_all = False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_RETRY_SECONDS if send_all else self.seconds):
                    send_all = await lost.wait()

    async def requeue_all(self) -> None:
        """Send the events of all uploads."""
        uploads = await self.files.uploads()
        await self.events.send(uploads)
        if uploads:
            log.info("uploads.requeued", uploads=len(uploads))

    async def requeue_due(self) -> None:
        """Send the events of those that have waited for long, if there is none on the queue."""
        latest = self.clock() - self.patience
        due = [upload for upload in await self.files.uploads() if upload.at <= latest]
        if due and not any(await self.events.queue.waiting_and_in_flight()):
            await self.events.send(due)
            log.warning("uploads.requeued", uploads=len(due))


async def _succeeds(requeue: Callable[[], Awaitable[None]]) -> bool:
    try:
        await requeue()
    except UnavailableError as error:
        log.warning("uploads.not_requeued", error=str(error))
    except Exception:  # the outermost edge of a background task: the next round may succeed
        log.exception("uploads.requeue_failed")
    else:
        return True
    return False
