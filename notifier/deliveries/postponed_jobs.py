"""Postponed jobs: what must wait for long waits in the store, and is queued when it is due.

A message that SQS hides counts as in flight, and a queue has room for about 120,000 of those:
beyond that, polls come back empty without an error (Amazon SQS quotas). Some thousand dead webhooks
with retries hours apart would silence all others.

A job is recorded before its message is deleted, and queued before its record is deleted. So a crash
in between leaves two jobs for one step, of which one makes an attempt.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from notifier.deliveries.retry_policy import CLOCKS_DIFFER, LONGEST_PAUSE
from notifier.store.contract import PostponedJob, PostponedJobStore
from shared.aws.batcher import EntryFailedError
from shared.clock import Clock
from shared.consuming.outcome import Done, Outcome, Retry
from shared.domain.errors import UnavailableError
from shared.messages.delivery_job import Confirm, Deliver, JobQueue, Redeliver

log = structlog.stdlib.get_logger(__name__)

LONGEST_ON_QUEUE = 60.0
"""Seconds that a job may wait on the queue; so one subscriber's short waits cost no writes."""

SWEEP_SECONDS = 10.0
"""How late a postponed job may be queued."""

_PAGE = 100


@dataclass(slots=True, kw_only=True)
class PostponedJobs:
    """Postpones jobs, and queues those that are due.

    Several notifiers may sweep at the same time. What two of them queue twice costs less than a
    claim of each job would: nothing is attempted twice.
    """

    store: PostponedJobStore
    jobs: JobQueue
    clock: Clock
    monotonic: Callable[[], float] = time.monotonic
    _swept_at: tuple[dt.datetime, float] | None = field(default=None, init=False)

    async def settle(self, job: Deliver | Redeliver | Confirm, outcome: Outcome) -> Outcome:
        """Postpone a job whose retry is far away; its message is then done.

        Raises StoreUnavailableError; the message is then received again.
        """
        if not isinstance(outcome, Retry) or outcome.after <= LONGEST_ON_QUEUE:
            return outcome
        due_at = self.clock() + dt.timedelta(seconds=outcome.after)
        postponed = PostponedJob(job.subscription_id, _name(job), due_at, job.model_dump_json())
        await self.store.postpone_job(postponed)
        log.info("delivery_job.postponed", seconds=round(outcome.after), reason=outcome.reason)
        return Done()

    async def sweep(self) -> None:
        """Queue all jobs that are due; what fails is left to the next sweep."""
        try:
            await self._queue_until(self._until())
        except (UnavailableError, EntryFailedError) as error:
            log.warning("delivery_jobs.not_queued_yet", error=str(error))
        else:
            self._swept_at = self.clock(), self.monotonic()

    async def _queue_until(self, until: dt.datetime) -> None:
        """Queue each of the jobs that are due by then once, even if it is postponed meanwhile."""
        queued: set[tuple[str, str]] = set()
        while due := [
            one
            for one in await self.store.postponed_jobs(until, _PAGE)
            if (one.subscription_id, one.name) not in queued
        ]:
            sending = (self.jobs.send(one.body, group=one.subscription_id) for one in due)
            results = await asyncio.gather(*sending, return_exceptions=True)
            sent = [one for one, error in zip(due, results, strict=True) if error is None]
            await self.store.delete_postponed(sent)  # or each sweep would queue them again
            for error in filter(None, results):
                raise error
            queued.update((one.subscription_id, one.name) for one in due)

    def _until(self) -> dt.datetime:
        """Return the time by which jobs are due now: a clock that was set back makes all of them.

        They would be late by as much; the log lets such deliveries be attempted early.
        """
        now = self.clock()
        if self._swept_at is None:
            return now
        at, monotonic = self._swept_at
        expected = at + dt.timedelta(seconds=self.monotonic() - monotonic)
        if expected - now <= CLOCKS_DIFFER:
            return now
        return expected + dt.timedelta(seconds=LONGEST_PAUSE)


def _name(job: Deliver | Redeliver | Confirm) -> str:
    return job.kind if isinstance(job, Confirm) else f"{job.kind}#{job.delivery_id}"
