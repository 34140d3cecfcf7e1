"""Whether SQS still has what was put on the queue of jobs, told by a mark.

The mark is a tag of the queue, and recorded in the store. A queue that was lost has none, and one
that fell back to an earlier state, as an emulator that was killed does, has an earlier one. So the
mark is another one after each start, and is on the queue only while every job is.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from shared.aws.errors import reaching
from shared.store.contract import KeyValueStore, ValueKey

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient

MARK = "errands"
"""The tag."""


class QueueEpoch:
    """Compares the marks of the queue and the record, and renews both, the record's first.

    Cut off in between, they differ, and the queue is taken for lost: that costs jobs that are
    there twice, and never one. All calls raise AwsUnavailableError or StoreUnavailableError.
    """

    def __init__(self, store: KeyValueStore, sqs: SQSClient, url: str) -> None:
        self._store = store
        self._sqs = sqs
        self._url = url
        self._mark = ""
        self.is_whole = False

    async def begin(self) -> None:
        """Find out whether the queue is whole; to be called before jobs are put on it."""
        recorded = await self._store.value(ValueKey.QUEUE_EPOCH)
        async with reaching("SQS"):
            tags = (await self._sqs.list_queue_tags(QueueUrl=self._url)).get("Tags", {})
        is_whole = recorded is not None and tags.get(MARK) == recorded
        await self.invalidate()
        if is_whole:
            await self.validate()

    async def invalidate(self) -> None:
        """Take the queue for lost, whatever mark it has, until it is trusted again."""
        self.is_whole = False
        self._mark = secrets.token_hex(8)
        await self._store.set_value(ValueKey.QUEUE_EPOCH, self._mark)

    async def validate(self) -> None:
        """Mark the queue as whole: every job is on it that was due when it was doubted."""
        async with reaching("SQS"):
            await self._sqs.tag_queue(QueueUrl=self._url, Tags={MARK: self._mark})
        self.is_whole = True
