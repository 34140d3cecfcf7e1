"""The mark on a live queue: whose it is, and that its notifier is still alive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.aws.names import Names
from shared.clock import rfc3339, utc_now

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient

LIVE_OF = "live-of"
"""The tag that tells the shop; prefixes alone do not: one may begin as another's queues do."""

ALIVE_AT = "alive-at"
"""The tag that changes for as long as the queue's notifier is alive: a time, for people to read."""


async def set_mark(sqs: SQSClient, url: str, names: Names) -> None:
    """Mark a queue as a live queue of this shop whose notifier is alive now."""
    tags = {LIVE_OF: names.live(""), ALIVE_AT: rfc3339(utc_now())}
    await sqs.tag_queue(QueueUrl=url, Tags=tags)


async def read_mark(sqs: SQSClient, url: str, names: Names) -> str | None:
    """Read a queue's mark; none when it is gone, or is not a live queue of this shop."""
    try:
        tags = (await sqs.list_queue_tags(QueueUrl=url)).get("Tags", {})
    except sqs.exceptions.QueueDoesNotExist:
        return None
    return tags.get(ALIVE_AT) if tags.get(LIVE_OF) == names.live("") else None
