"""Notices that an emulator of SQS and SNS was away: it may be back without what was in it.

An emulator keeps queues and topics in memory. Killed and restarted, it has none, or those of its
last clean stop. No answer of its own shows that, but nobody restarts as fast as we look.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from shared.aws.clients import AwsUnavailableError, aws_call
from shared.clock import Clock

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient

LOOK_SECONDS = 0.5
"""A process that is killed and started again takes longer."""

log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class BrokerWatch:
    """Looks for `queue`; after each outage it restores what is missing, and reports.

    `restore` creates queues and topics, and raises AwsUnavailableError until all are there. Then
    `on_reset` gets the time at which the last look succeeded before the outage.
    """

    sqs: SQSClient
    queue: str
    restore: Callable[[], Awaitable[None]]
    on_reset: Callable[[dt.datetime], None]
    clock: Clock
    _found_at: dt.datetime = field(init=False)
    _is_away: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._found_at = self.clock()

    async def look(self) -> None:
        """Look once; raises nothing while SQS or SNS is away."""
        now = self.clock()
        try:
            if not self._is_away and await self._is_found():
                self._found_at = now
                return
            self._is_away = True
            await self.restore()
        except AwsUnavailableError as error:
            if not self._is_away:
                log.warning("broker.away", error=str(error))
            self._is_away = True
            return
        self._is_away = False
        self.on_reset(self._found_at)
        self._found_at = now

    async def _is_found(self) -> bool:
        """Return false when the queue is found only by the client's own retries."""
        async with aws_call("SQS"):
            answer = await self.sqs.get_queue_url(QueueName=self.queue)
        return answer["ResponseMetadata"]["RetryAttempts"] == 0
