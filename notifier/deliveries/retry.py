"""Patience: what needs the queues and the store is tried until they are there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from shared.aws.batcher import EntryFailedError
from shared.aws.errors import AwsUnavailableError
from shared.store.contract import StoreUnavailableError

log = structlog.stdlib.get_logger(__name__)

Result = TypeVar("Result")

_AGAIN_SECONDS = 2.0


async def retry_until_available(step: Callable[[], Awaitable[Result]], not_yet: str) -> Result:
    """Do `step`, again and again until SQS, SNS and the store let it; `not_yet` is logged."""
    while True:
        try:
            return await step()
        except (AwsUnavailableError, EntryFailedError, StoreUnavailableError) as error:
            log.warning(not_yet, error=str(error))
            await asyncio.sleep(_AGAIN_SECONDS)
