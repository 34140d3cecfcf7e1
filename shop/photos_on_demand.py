"""Has photo workers while there are photos: most shops have none to look at on most days."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.queues import open_photos_queue, wait_for_queues
from shared.consuming.message import Message
from shared.domain.errors import UnavailableError
from shared.runtime.lifecycle import every
from shared.runtime.refusals import RefusedByAwsError
from shop.settings import ShopSettings

log = structlog.stdlib.get_logger(__name__)

REOPEN_SECONDS = 5.0
QUIET_SECONDS = 120.0
"""Over how long each look has found no photo when the workers leave; to return takes them 2 s."""

_LOOKS = 8
"""How often the queue is looked at meanwhile."""

_POLL_SECONDS = 5


class PhotoPool(Protocol):
    """The pool of photo workers."""

    @property
    def count(self) -> int:
        """How many there should be, without those that are leaving."""

    def scale_to(self, count: int) -> None:
        """Resize to `count`; a worker that leaves finishes its photo first."""


class PhotosQueue(Protocol):
    """The queue of uploads, read by who takes none of them."""

    async def receive(self, limit: int) -> Sequence[Message]:
        """Poll for up to `limit` messages."""

    async def waiting_and_in_flight(self) -> tuple[int, int]:
        """Count the messages, those that are hidden until their next try included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotosOnDemand:
    """Keeps as many photo workers as the settings say, from a photo on until it is quiet."""

    settings: ShopSettings
    pool: PhotoPool
    quiet_seconds: float = QUIET_SECONDS

    async def run(self) -> None:
        """Do it for ever; when the queue is unavailable, open it again."""
        if self.settings.photo_workers:
            await every(REOPEN_SECONDS, self._follow)

    async def _follow(self) -> None:
        try:
            await self._rounds()
        except (UnavailableError, RefusedByAwsError) as error:
            log.warning("photos.not_followed", error=repr(error))

    async def _rounds(self) -> None:
        names = Names(self.settings.name_prefix)
        async with aws_clients(self.settings) as clients:
            await wait_for_queues(clients, names.photos, names.photos_dead_letters)
            async with open_photos_queue(
                clients, names, visibility_timeout=0, wait_time=_POLL_SECONDS
            ) as queue:
                while True:
                    await self.one_round(queue)

    async def one_round(self, queue: PhotosQueue) -> None:
        """Wait for a photo, have it looked at, and return when the workers have left.

        The queue's polls hide nothing: with a visibility timeout of 0 a message stays where it is,
        though SQS counts the receive, and a poll may be cancelled. Workers that are there already
        stay until it is quiet.
        """
        while not self.pool.count and not await queue.receive(1):
            pass
        self.pool.scale_to(self.settings.photo_workers)
        looks = 0
        while looks < _LOOKS:
            await asyncio.sleep(self.quiet_seconds / _LOOKS)
            looks = 0 if any(await queue.waiting_and_in_flight()) else looks + 1
        self.pool.scale_to(0)
