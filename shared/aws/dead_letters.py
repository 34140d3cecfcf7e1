"""The dead-letter queue, looked into without taking anything out of it, until that is wanted.

StartMessageMoveTask, by which SQS itself redrives, exists on no emulator; nor does it let anybody
choose. So a dead letter is redriven by receiving it, sending anew, and deleting it, in that order.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import structlog

from shared.aws.batcher import EntryFailedError
from shared.aws.errors import AwsUnavailableError
from shared.aws.provisioning import MAX_RECEIVE_COUNT
from shared.aws.queue import ATTEMPTS, REASON, SqsQueue
from shared.consuming.message import LeaseLostError, Message

HELD_SECONDS = 30
"""How long dead letters are out of everybody else's sight, should this process die over them."""

PASS_SECONDS = 15
"""How long to go on through them: none should be back in sight before the last was looked at."""

MOST_HELD = 10_000
"""How many are held at once; SQS itself would allow 120,000."""

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


class Pages:
    """Dead letters, up to ten at a time, each once; what is seen is put into `held`.

    They end when as many were seen as there were (`total`), or no more can be had since somebody
    else holds them; or they are `cut_short` after `seconds`, or when MOST_HELD are held.
    """

    def __init__(
        self, queue: SqsQueue, held: dict[str, Message], total: int, seconds: float
    ) -> None:
        self._queue = queue
        self._held = held
        self._total = total
        self._until = time.monotonic() + seconds
        self._seen: set[str] = set()
        self.cut_short = False

    @property
    def seen(self) -> int:
        """How many were seen."""
        return len(self._seen)

    @property
    def left(self) -> int:
        """How many were not seen, as far as SQS knows."""
        return max(0, self._total - len(self._seen))

    def __aiter__(self) -> Self:
        """Go on with the next page."""
        return self

    async def __anext__(self) -> Sequence[DeadLetter]:
        """Receive what was not seen before."""
        self.cut_short = self._is_enough()
        page = {} if self.cut_short or self.left == 0 else await self._receive()
        if not page:
            raise StopAsyncIteration
        self._seen.update(page)
        return [_dead_letter(delivery) for delivery in page.values()]

    def _is_enough(self) -> bool:
        enough = time.monotonic() >= self._until or len(self._held) >= MOST_HELD
        if not (enough and self._seen and self.left):
            return False
        log.warning("dead_letters.not_all_read", read=self.seen, left=self.left)
        return True

    async def _receive(self) -> Mapping[str, Message]:
        """Receive some that were not seen before, and hold what handing them back takes."""
        received = {one.message_id: one for one in await self._queue.receive(_RECEIVE)}
        for letter_id, delivery in received.items():
            self._held[letter_id] = replace(delivery, body="", attributes={})
        return {i: delivery for i, delivery in received.items() if i not in self._seen}


class DeadLetters:
    """Looks at dead letters by receiving them, and hands them back.

    `removed` counts what was removed by way of this object.
    """

    def __init__(self, queue: SqsQueue, pass_seconds: float = PASS_SECONDS) -> None:
        self._queue = queue
        self._pass_seconds = pass_seconds
        self._looking = asyncio.Lock()
        self._held: dict[str, Message] = {}
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
        letters: list[DeadLetter] = []
        async with self.pages() as pages:
            async for page in pages:
                letters += page
                if len(letters) >= limit:
                    break
            yield letters[:limit]

    @contextlib.asynccontextmanager
    async def pages(self) -> AsyncIterator[Pages]:
        """Go through all of them, page by page, in the block; then hand them back.

        All that were seen are held until then, or the same would be seen again and again.
        """
        async with self._looking:
            try:
                yield Pages(self._queue, self._held, await self.count(), self._pass_seconds)
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

    async def _hand_back(self, delivery: Message) -> None:
        try:
            await self._queue.extend(delivery, 0)
        except (LeaseLostError, EntryFailedError, AwsUnavailableError) as error:
            # It comes back by itself, or is back already.
            log.info("dead_letter.not_handed_back", error=repr(error))


def _dead_letter(delivery: Message) -> DeadLetter:
    told = delivery.attributes.get(ATTEMPTS, "")
    # Looking counts as receiving, so that SQS' count grows for ever.
    attempts = int(told) if told.isdecimal() else min(delivery.receive_count, MAX_RECEIVE_COUNT)
    return DeadLetter(
        delivery.message_id,
        delivery.body[:LONGEST_BODY],
        delivery.attributes.get(REASON),
        attempts,
        delivery.sent_at,
    )
