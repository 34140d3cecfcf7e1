"""After the queues were lost: what the record still has to be done is queued again.

SQS does not lose its queue, and each time that everything was queued again, everything would be on
it once more: with much due, a few starts would fill it. So a queue that is whole gets but one page
again: what had been begun comes back to it by itself, and this way sooner.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Protocol

import structlog

from notifier.deliveries.queue_epoch import QueueEpoch
from notifier.deliveries.retry import retry_until_available
from notifier.deliveries.retry_policy import CLOCKS_DIFFER
from notifier.store.contract import DeliveryLog, TopicStore
from notifier.topics.publisher import MOST_AT_ONCE, NewsletterPublisher
from shared.clock import Clock
from shared.domain.delivery import delivery_id, due_sort_key
from shared.domain.subscription import Channel, SubscriptionState
from shared.messages.delivery_job import Confirm, Deliver, JobQueue
from shared.store.subscription_contract import SubscriptionStore

log = structlog.stdlib.get_logger(__name__)

_PAGE = 500
_IN_HAND = 32
"""So many issues may a notifier that was killed have been fanning out."""

_NOT_YET = "delivery_jobs.not_requeued_yet"


class _Store(SubscriptionStore, DeliveryLog, TopicStore, Protocol):
    """What is read here."""


class Requeueing:
    """Queues again whatever is due. Of two jobs for one delivery, one makes the attempt."""

    def __init__(
        self,
        store: _Store,
        jobs: JobQueue,
        publisher: NewsletterPublisher,
        epoch: QueueEpoch,
        clock: Clock,
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._publisher = publisher
        self._epoch = epoch
        self._clock = clock

    async def requeue(self) -> None:
        """Queue what is due, questions not answered, issues not out: all, or but the oldest.

        That takes as long as it takes: what cannot be queued now is tried again. Cut off before
        the end, it begins anew at the next start.
        """
        lost = not self._epoch.is_whole
        deliveries = await self._deliveries(everything=lost)
        questions = await self._questions(everything=lost)
        most = MOST_AT_ONCE if lost else _IN_HAND
        issues = await retry_until_available(
            partial(self._publisher.announce_again, most), _NOT_YET
        )
        if lost:
            await retry_until_available(self._epoch.validate, _NOT_YET)
        log.info(
            "delivery_jobs.requeued",
            deliveries=deliveries,
            questions=questions,
            issues=issues,
            queue="lost" if lost else "whole",
        )

    async def _deliveries(self, *, everything: bool) -> int:
        """Queue what was due by now; what the log gets meanwhile, it gets with its job.

        The oldest events come first, whenever they were logged. In a busy shop there is always one
        more: the last page that was due before is not full, or is of events later than now.
        """
        count, place = 0, ""
        latest = delivery_id(self._clock() + CLOCKS_DIFFER, "")
        while True:
            due = await retry_until_available(
                partial(self._store.due_deliveries, _PAGE, place), _NOT_YET
            )
            await self._queue(
                [Deliver(subscription_id=d.subscription_id, delivery_id=d.id) for d in due]
            )
            count += len(due)
            if len(due) < _PAGE or due[-1].id > latest or not everything:
                return count
            place = due_sort_key(due[-1])

    async def _questions(self, *, everything: bool) -> int:
        count, last = 0, None
        while True:
            pending = partial(self._store.in_state, SubscriptionState.PENDING, _PAGE, last)
            page = await retry_until_available(pending, _NOT_YET)
            unasked = [
                one for one in page if one.asked_at is None and one.channel is not Channel.SQS
            ]
            await self._queue([Confirm(subscription_id=one.id) for one in unasked])
            count += len(unasked)
            if len(page) < _PAGE or (count and not everything):
                return count
            last = page[-1]

    async def _queue(self, jobs: Sequence[Deliver | Confirm]) -> None:
        """Queue all of these; of what fails, nothing else is tried again."""
        left = jobs

        async def rest() -> None:
            nonlocal left
            sends = (self._jobs.send(job.model_dump_json()) for job in left)
            sent = await asyncio.gather(*sends, return_exceptions=True)
            failed = [(job, why) for job, why in zip(left, sent, strict=True) if why]
            left = [job for job, _ in failed]
            if failed:
                raise failed[0][1]

        await retry_until_available(rest, _NOT_YET)
