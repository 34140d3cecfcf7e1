"""The dead-letter queue: lists dead letters without removing them, and deletes chosen ones.

StartMessageMoveTask, by which SQS itself redrives, exists on no emulator and cannot select. So a
dead letter is redriven by receiving it, sending it anew, and deleting it, in that order.
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
from shared.aws.clients import AwsUnavailableError
from shared.aws.provisioning import MAX_RECEIVE_COUNT
from shared.aws.queue import ATTEMPTS, REASON, SqsQueue
from shared.consuming.message import LeaseLostError, Message

LEASE_SECONDS = 30
"""How long received dead letters stay hidden from others if this process dies."""

SCAN_SECONDS = 15
"""How long a scan lasts at most: no lease may run out before it ends."""

MAX_LEASED = 10_000
"""How many are leased at once; SQS itself would allow 120,000."""

LONGEST_BODY = 10_000
"""How many characters of a body are kept: a ticket has a few hundred, a poison up to 1 MiB."""

_RECEIVE = 10

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up on.

    `reason` is none when SQS itself moved it because it was received too often; it then keeps its
    first message id, and `sent_at` is when it was first sent. `body` has up to LONGEST_BODY
    characters.
    """

    id: str
    body: str
    reason: str | None
    attempts: int
    sent_at: dt.datetime | None


class DeadLetterScan:
    """Dead letters, up to ten at a time, each once; every received one is added to `leased`.

    The pages end when `total` letters were seen, or when a receive brings no new ones because
    others have leased them; they are `cut_short` after `seconds`, or when MAX_LEASED are leased.
    """

    def __init__(
        self, queue: SqsQueue, leased: dict[str, Message], total: int, seconds: float
    ) -> None:
        self._queue = queue
        self._leased = leased
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
        """Iterate over the remaining pages."""
        return self

    async def __anext__(self) -> Sequence[DeadLetter]:
        """Receive the next letters that were not seen before."""
        self.cut_short = self._is_enough()
        page = {} if self.cut_short or self.left == 0 else await self._receive()
        if not page:
            raise StopAsyncIteration
        self._seen.update(page)
        return [_dead_letter(message) for message in page.values()]

    def _is_enough(self) -> bool:
        enough = time.monotonic() >= self._until or len(self._leased) >= MAX_LEASED
        if not (enough and self._seen and self.left):
            return False
        log.warning("dead_letters.not_all_read", read=self.seen, left=self.left)
        return True

    async def _receive(self) -> Mapping[str, Message]:
        """Receive letters that were not seen before, and keep the receipts to hand them back."""
        messages = await self._queue.receive(_RECEIVE)
        for message in messages:
            self._leased[message.message_id] = replace(message, body="", attributes={})
        return {one.message_id: one for one in messages if one.message_id not in self._seen}


class DeadLetters:
    """Reads dead letters by receiving them, and hands them back.

    `removed` counts deletions and purges by this object.
    """

    def __init__(self, queue: SqsQueue, scan_seconds: float = SCAN_SECONDS) -> None:
        self._queue = queue
        self._scan_seconds = scan_seconds
        self._scanning = asyncio.Lock()
        self._leased: dict[str, Message] = {}
        self.removed = 0

    async def count(self) -> int:
        """Count them, as far as SQS knows."""
        return sum(await self._queue.waiting_and_in_flight())

    async def peek(self, limit: int) -> Sequence[DeadLetter]:
        """List up to `limit` of them, unordered, as SQS gives them."""
        async with self.leased(limit) as letters:
            return letters

    @contextlib.asynccontextmanager
    async def leased(self, limit: int) -> AsyncIterator[Sequence[DeadLetter]]:
        """Lease up to `limit` of them for the block, LEASE_SECONDS at most, then hand them back.

        Those that the block has deleted are gone.
        """
        letters: list[DeadLetter] = []
        async with self.pages() as pages:
            async for page in pages:
                letters += page
                if len(letters) >= limit:
                    break
            yield letters[:limit]

    @contextlib.asynccontextmanager
    async def pages(self) -> AsyncIterator[DeadLetterScan]:
        """Scan all of them, page by page, in the block; then hand them back.

        Until then all that were seen stay leased, or SQS would return them again.
        """
        async with self._scanning:
            try:
                yield DeadLetterScan(
                    self._queue, self._leased, await self.count(), self._scan_seconds
                )
            finally:
                await asyncio.gather(*map(self._hand_back, self._leased.values()))
                self._leased.clear()

    async def delete(self, letter: DeadLetter) -> None:
        """Delete a leased one for good."""
        await self._queue.delete(self._leased[letter.id])
        del self._leased[letter.id]
        self.removed += 1

    async def purge(self) -> None:
        """Delete all of them for good."""
        await self._queue.purge()
        self.removed += 1

    async def _hand_back(self, message: Message) -> None:
        try:
            await self._queue.extend(message, 0)
        except (LeaseLostError, EntryFailedError, AwsUnavailableError) as error:
            # It becomes visible when its lease runs out, or is so already.
            log.info("dead_letter.not_handed_back", error=repr(error))


def _dead_letter(message: Message) -> DeadLetter:
    noted = message.attributes.get(ATTEMPTS, "")
    # Each scan is a receive too, so that the count of SQS goes on rising.
    attempts = int(noted) if noted.isdecimal() else min(message.receive_count, MAX_RECEIVE_COUNT)
    return DeadLetter(
        message.message_id,
        message.body[:LONGEST_BODY],
        message.attributes.get(REASON),
        attempts,
        message.sent_at,
    )
