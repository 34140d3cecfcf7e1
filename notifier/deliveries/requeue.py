"""Requeue: after the queue was lost, queue again everything that the store has as unfinished.

SQS itself loses nothing, and queueing everything at each start would double the jobs each time.
So a whole queue gets one page only: a killed notifier's jobs are then retried before their
visibility timeout ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog

from notifier.deliveries.queue_epoch import QueueEpoch
from notifier.deliveries.retry_policy import CLOCKS_DIFFER
from notifier.store.contract import NotifierStore
from notifier.topics.publisher import MOST_ANNOUNCED, NewsletterPublisher
from shared.aws.batcher import EntryFailedError
from shared.clock import Clock
from shared.domain.delivery import delivery_id, due_sort_key
from shared.domain.subscription import Channel, SubscriptionState
from shared.messages.delivery_job import Confirm, Deliver, JobQueue, send_job
from shared.runtime.retry import retry_until_available

log = structlog.stdlib.get_logger(__name__)

Result = TypeVar("Result")

_PAGE = 500
_IN_PROGRESS = 32
"""A notifier that was killed may have been fanning out so many issues."""

_RETRY_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeuer:
    """Queues whatever is due. Of two jobs for one delivery, one makes the attempt."""

    store: NotifierStore
    jobs: JobQueue
    publisher: NewsletterPublisher
    epoch: QueueEpoch
    clock: Clock

    async def requeue(self) -> None:
        """Queue due deliveries, pending confirmations and unannounced issues: all, or the oldest.

        Each step is retried until it succeeds; there is no time limit. After a crash, the next
        start begins again.
        """
        lost = not self.epoch.is_whole
        deliveries = await self._requeue_deliveries(everything=lost)
        confirmations = await self._requeue_confirmations(everything=lost)
        most = MOST_ANNOUNCED if lost else _IN_PROGRESS
        issues = await _until_available(partial(self.publisher.announce_again, most))
        if lost:
            await _until_available(self.epoch.validate)
        log.info(
            "delivery_jobs.requeued",
            deliveries=deliveries,
            confirmations=confirmations,
            issues=issues,
            queue="lost" if lost else "whole",
        )

    async def _requeue_deliveries(self, *, everything: bool) -> int:
        """Queue what is due by now; deliveries that are logged from now on have their jobs.

        Pages are sorted by event time. New deliveries keep coming, so this stops at a page that is
        not full, or that reaches events from after the start.
        """
        count, after = 0, ""
        latest = delivery_id(self.clock() + CLOCKS_DIFFER, "")
        while True:
            due = await _until_available(partial(self.store.due_deliveries, _PAGE, after))
            await self._queue(
                [Deliver(subscription_id=d.subscription_id, delivery_id=d.id) for d in due]
            )
            count += len(due)
            if len(due) < _PAGE or due[-1].id > latest or not everything:
                return count
            after = due_sort_key(due[-1])

    async def _requeue_confirmations(self, *, everything: bool) -> int:
        count, last = 0, None
        while True:
            pending = partial(self.store.in_state, SubscriptionState.PENDING, _PAGE, last)
            page = await _until_available(pending)
            jobs = [
                Confirm(subscription_id=one.id)
                for one in page
                if one.asked_at is None and one.channel is not Channel.SQS
            ]
            await self._queue(jobs)
            count += len(jobs)
            if len(page) < _PAGE or (count and not everything):
                return count
            last = page[-1]

    async def _queue(self, jobs: Sequence[Deliver | Confirm]) -> None:
        """Queue all jobs; a retry sends only those that failed."""
        left = list(jobs)

        async def send_rest() -> None:
            nonlocal left
            sending = (send_job(self.jobs, job) for job in left)
            sent = await asyncio.gather(*sending, return_exceptions=True)
            failed = [(job, why) for job, why in zip(left, sent, strict=True) if why]
            left = [job for job, _ in failed]
            if failed:
                raise failed[0][1]

        await _until_available(send_rest)


async def _until_available(step: Callable[[], Awaitable[Result]]) -> Result:
    return await retry_until_available(
        lambda _: step(),
        "delivery_jobs.not_requeued_yet",
        pause=lambda _: _RETRY_SECONDS,
        also=(EntryFailedError,),
    )
