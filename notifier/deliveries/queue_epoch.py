"""The queue epoch shows whether SQS still has every job that was put on the queue.

It is a tag of the queue, and recorded in the store. A queue that was lost has no tag, and one that
fell back to an earlier state, as a killed emulator does, has an earlier one. So the epoch changes
at each start, and the queue has its tag only while every job is on it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.aws.clients import aws_call
from shared.store.contract import KeyValueStore, ValueKey

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient

EPOCH_TAG = "errands"
"""The tag's key; queues carry it, so that it stays."""


@dataclass(slots=True)
class QueueEpoch:
    """Compares the epochs of the queue and the store, and renews both, the store's first.

    After a crash in between they differ, and the queue counts as lost: that costs second jobs, but
    never loses one. All calls raise AwsUnavailableError or StoreUnavailableError.
    """

    store: KeyValueStore
    sqs: SQSClient
    url: str
    is_whole: bool = field(default=False, init=False)
    _epoch: str = field(default="", init=False)

    async def begin(self) -> None:
        """Find out whether the queue is whole; call this before jobs are put on it."""
        recorded = await self.store.value(ValueKey.QUEUE_EPOCH)
        async with aws_call("SQS"):
            tags = (await self.sqs.list_queue_tags(QueueUrl=self.url)).get("Tags", {})
        is_whole = recorded is not None and tags.get(EPOCH_TAG) == recorded
        await self.invalidate()
        if is_whole:
            await self.validate()

    async def invalidate(self) -> None:
        """Count the queue as lost, whatever its tag, until it is validated again."""
        self.is_whole = False
        self._epoch = secrets.token_hex(8)
        await self.store.set_value(ValueKey.QUEUE_EPOCH, self._epoch)

    async def validate(self) -> None:
        """Tag the queue as whole: every job that was due at the invalidation is on it."""
        async with aws_call("SQS"):
            await self.sqs.tag_queue(QueueUrl=self.url, Tags={EPOCH_TAG: self._epoch})
        self.is_whole = True


@dataclass(slots=True)
class DeployedQueueEpoch(QueueEpoch):
    """Recognizes a deployed queue by its creation time: AWS loses no job, and nothing is tagged.

    A queue that was replaced counts as lost. While it is whole, a start invalidates nothing, so
    that notifiers can be replaced one by one.
    """

    async def begin(self) -> None:
        """Find out whether the queue is the one that was last validated."""
        self.is_whole = await self.store.value(ValueKey.QUEUE_EPOCH) == await self._created()
        if not self.is_whole:
            await self.invalidate()

    async def validate(self) -> None:
        """Record that every job that was due at the invalidation is on this queue."""
        await self.store.set_value(ValueKey.QUEUE_EPOCH, await self._created())
        self.is_whole = True

    async def _created(self) -> str:
        async with aws_call("SQS"):
            answer = await self.sqs.get_queue_attributes(
                QueueUrl=self.url, AttributeNames=["CreatedTimestamp"]
            )
        return f"created-{answer['Attributes']['CreatedTimestamp']}"
