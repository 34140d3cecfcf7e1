"""The stores and the queue of uploads, with a processor, for tests of the photo worker."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from shared.aws.clients import AwsClients, aws_clients
from shared.aws.dead_letters import DeadLetter
from shared.aws.names import Names
from shared.aws.provisioning import provision
from shared.aws.queue import SqsQueue
from shared.aws.queues import open_dead_letters, open_photos_queue
from shared.clock import utc_now
from shared.consuming.message import Message
from shared.consuming.outcome import Done, Outcome, Reject
from shared.messages.photo_event import UploadEvent, write_event
from shared.photos.files import FilePhotoStore
from shared.store.contract import Store
from shared.store.factory import open_store
from worker.photos.analysis import LocalAnalysis
from worker.photos.handler import PhotoProcessor
from worker.photos.rendering import ProcessRenderer
from worker.photos.settings import PhotoWorkerSettings


@dataclass(frozen=True, kw_only=True)
class PhotoShop:
    settings: PhotoWorkerSettings
    names: Names
    clients: AwsClients
    store: Store
    photos: FilePhotoStore
    queue: SqsQueue
    processor: PhotoProcessor

    async def upload(self, data: bytes, item: str = "latte") -> UploadEvent:
        async with self.photos.new_upload(item) as writer:
            await writer.write(data)
            stored = await writer.commit()
        version = stored.version_id
        return UploadEvent("main", item, version, version, stored.size, stored.at)

    async def send(self, *events: UploadEvent) -> None:
        await self.queue.send(body_of(*events))

    async def receive(self) -> Message:
        """Receive the next message; more than one is no answer to it."""
        while True:
            for message in await self.queue.receive(1):
                return message

    async def settle(self, message: Message, outcome: Outcome) -> None:
        match outcome:
            case Done():
                await self.queue.delete(message)
            case Reject(reason=reason):
                await self.queue.dead_letter(message, reason)
            case _:
                await self.queue.extend(message, 0)

    async def work(self, *events: UploadEvent, receive_count: int = 1) -> Outcome:
        """Send the events in one message, receive it, and do what the processor decides."""
        await self.send(*events)
        message = replace(await self.receive(), receive_count=receive_count)
        outcome = await self.processor.take(message)
        await self.settle(message, outcome)
        return outcome

    async def dead_letters(self) -> Sequence[DeadLetter]:
        async with open_dead_letters(self.clients, self.names.photos_dead_letters) as letters:
            return await letters.peek(100)

    async def states(self, item: str = "latte") -> list[str]:
        """What became of an item's uploads, the newest first."""
        return [each.state.value for each in (await self.store.photo_record(item)).uploads]


def body_of(*events: UploadEvent) -> str:
    bodies = [json.loads(write_event(event, "local"))["Records"][0] for event in events]
    return json.dumps({"Records": bodies})


@contextlib.asynccontextmanager
async def open_photo_shop(endpoint: str, folder: Path) -> AsyncIterator[PhotoShop]:
    settings = PhotoWorkerSettings(
        aws_endpoint_url=endpoint,
        state_dir=folder,
        name_prefix=f"{secrets.token_hex(4)}-",
        poll_seconds=1,
    )
    names = Names(settings.name_prefix)
    async with aws_clients(settings) as clients:
        await provision(clients, names)
        photos = FilePhotoStore(settings.photos_dir, settings.store_id)
        async with (
            open_store(settings, clients.dynamodb, utc_now) as store,
            open_photos_queue(clients, names, wait_time=1) as queue,
        ):
            processor = PhotoProcessor(
                store_id="main",
                photos=photos,
                records=store,
                renderer=ProcessRenderer(),
                analysis=LocalAnalysis(),
            )
            yield PhotoShop(
                settings=settings,
                names=names,
                clients=clients,
                store=store,
                photos=photos,
                queue=queue,
                processor=processor,
            )
