"""The dead-letter queue, looked into without taking anything out of it, until that is wanted.

StartMessageMoveTask, by which SQS itself redrives, exists on no emulator; nor does it let anybody
choose. So a dead letter is redriven by receiving it, sending anew, and deleting it, in that order.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

import structlog

from shared.aws.batcher import EntryFailedError
from shared.aws.errors import AwsUnavailableError
from shared.aws.provisioning import MAX_RECEIVE_COUNT
from shared.aws.queue import ATTEMPTS, REASON, SqsQueue
from shared.consuming.delivery import Delivery, LeaseLostError

HELD_SECONDS = 15
"""How long dead letters are out of everybody else's sight, should this process die over them."""

LONGEST_BODY = 10_000
"""Characters that are kept of a body: a ticket has a few hundred, and a poison may have 1 MiB."""

_RECEIVE = 10

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up on.

    `reason` is none when SQS itself moved it, since it was delivered too often; then the id is
    that of the message it always was, and `sent_at` is when it was first sent. Of `body` there
    are LONGEST_BODY characters at most.
    """

    id: str
    body: str
    reason: str | None
    attempts: int
    sent_at: dt.datetime | None


class DeadLetters:
    """Looks at dead letters by receiving them, and hands them back at once.

    `removed` counts what was removed by way of this object.
    """

    def __init__(self, queue: SqsQueue) -> None:
        self._queue = queue
        self._looking = asyncio.Lock()
        self._held: dict[str, Delivery] = {}
        self.removed = 0

    async def count(self) -> int:
        """Count them, as far as SQS knows."""
        return sum(await self._queue.waiting_and_in_flight())

    async def look(self, limit: int) -> Sequence[DeadLetter]:
        """List up to `limit` of them; in no certain order, as SQS gives none."""
        async with self.held(limit) as letters:
            return letters

    @contextlib.asynccontextmanager
    async def held(self, limit: int) -> AsyncIterator[Sequence[DeadLetter]]:
        """Hold up to `limit` of them for the block, HELD_SECONDS at most, then hand them back.

        What was deleted in the block does not come back.
        """
        async with self._looking:
            try:
                await self._receive(limit)
                yield [_dead_letter(delivery) for delivery in self._held.values()]
            finally:
                await asyncio.gather(*map(self._hand_back, self._held.values()))
                self._held.clear()

    async def delete(self, letter: DeadLetter) -> None:
        """Remove one that is held for good."""
        await self._queue.delete(self._held[letter.id])
        del self._held[letter.id]
        self.removed += 1

    async def purge(self) -> None:
        """Remove all of them for good."""
        await self._queue.purge()
        self.removed += 1

    async def _receive(self, limit: int) -> None:
        """Hold up to `limit`, or all that there are, each once."""
        wanted = min(limit, await self.count())
        while len(self._held) < wanted:
            held_before = len(self._held)
            for delivery in await self._queue.receive(min(_RECEIVE, wanted - held_before)):
                body = delivery.body[:LONGEST_BODY]
                self._held[delivery.message_id] = replace(delivery, body=body)
            if len(self._held) == held_before:
                return

    async def _hand_back(self, delivery: Delivery) -> None:
        try:
            await self._queue.extend(delivery, 0)
        except (LeaseLostError, EntryFailedError, AwsUnavailableError) as error:
            # It comes back by itself, or is back already.
            log.info("dead_letter.not_handed_back", error=repr(error))


def _dead_letter(delivery: Delivery) -> DeadLetter:
    told = delivery.attributes.get(ATTEMPTS, "")
    # Looking counts as receiving, so that SQS' count grows for ever.
    attempts = int(told) if told.isdecimal() else min(delivery.receive_count, MAX_RECEIVE_COUNT)
    return DeadLetter(
        delivery.message_id,
        delivery.body,
        delivery.attributes.get(REASON),
        attempts,
        delivery.sent_at,
    )
