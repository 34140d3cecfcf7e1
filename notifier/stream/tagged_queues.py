"""Live queues whose notifiers tag them, as those of earlier releases do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.aws.names import Names

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient

LIVE_OF = "live-of"
"""The tag that names the shop; a prefix does not: one may begin as another shop's queues do."""

ALIVE_AT = "alive-at"
"""The heartbeat tag, which changes while the queue's notifier is alive."""

_PAGE = 1000
"""SQS names up to so many queues at once."""


async def tagged_heartbeats(sqs: SQSClient, names: Names) -> Mapping[str, str]:
    """Read the heartbeat tags of the shop's live queues, by the instances of their notifiers."""
    heartbeats = {}
    pages = sqs.get_paginator("list_queues").paginate(
        QueueNamePrefix=names.live(""), PaginationConfig={"PageSize": _PAGE}
    )
    async for page in pages:
        for url in page.get("QueueUrls", []):
            heartbeat = await _heartbeat(sqs, url, names)
            if heartbeat is not None:
                instance = url.rpartition("/")[2].removeprefix(names.live(""))
                heartbeats[instance] = heartbeat
    return heartbeats


async def _heartbeat(sqs: SQSClient, url: str, names: Names) -> str | None:
    """Read a queue's heartbeat tag; None if it is gone, has none, or is not of this shop."""
    try:
        tags = (await sqs.list_queue_tags(QueueUrl=url)).get("Tags", {})
    except sqs.exceptions.QueueDoesNotExist:
        return None
    return tags.get(ALIVE_AT) if tags.get(LIVE_OF) == names.live("") else None
