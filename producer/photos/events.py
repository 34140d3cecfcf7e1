"""The events of uploads to the shop itself, which it sends as S3 does for those to a bucket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from shared.aws.queue import SqsQueue
from shared.messages.photo_event import UploadEvent, write_event
from shared.photos.contract import UploadedFile

_BUCKET = "photos"
"""What the events call the folder."""


@dataclass(frozen=True, slots=True)
class UploadEvents:
    """Sends the events of one shop's uploads to the photo workers."""

    queue: SqsQueue
    store_id: str

    async def send(self, uploads: Iterable[UploadedFile]) -> None:
        """Return once the queue has all events; raises what `SqsQueue.send` raises."""
        await asyncio.gather(*(self.queue.send(self._event(upload)) for upload in uploads))

    def _event(self, upload: UploadedFile) -> str:
        event = UploadEvent(
            store_id=self.store_id,
            item_id=upload.item_id,
            version_id=upload.version_id,
            sequencer=upload.version_id,
            size=upload.size,
            at=upload.at,
        )
        return write_event(event, _BUCKET)
