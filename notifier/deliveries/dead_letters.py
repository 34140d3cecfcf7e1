"""Dead letters of deliveries, for staff; the log says what became of each delivery.

A dead letter is stale when its delivery is not failed in the log, or when the delivery has another
dead letter, from a second job. Stale ones are deleted when they are read; if the delivery is due,
a new job is queued first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog
from pydantic import ValidationError

from notifier.deliveries.redrive import Redriver
from notifier.store.contract import NotifierStore
from shared.aws.dead_letters import DeadLetter, DeadLetters
from shared.domain.delivery import Delivery, DeliveryState, due_sort_key
from shared.domain.subscription import SubscriptionRefusedError
from shared.messages.delivery_job import DELIVERY_JOB, Deliver, JobQueue, send_job
from shared.store.subscription_contract import SubscriptionChangedError

log = structlog.stdlib.get_logger(__name__)

_MOST_INSPECTED = 1000
"""How many dead letters are inspected in one go."""


@dataclass(frozen=True, slots=True)
class LoggedDeadLetter:
    """A dead letter, and its delivery, if the log has it."""

    dead_letter: DeadLetter
    delivery: Delivery | None

    @property
    def subscription_id(self) -> str | None:
        """The subscription of the delivery, if the log has it."""
        return self.delivery.subscription_id if self.delivery else None

    @property
    def is_stale(self) -> bool:
        """Whether the delivery is not, or no longer, given up on."""
        return self.delivery is not None and self.delivery.state is not DeliveryState.FAILED

    @property
    def is_due(self) -> bool:
        """Whether the log has the delivery as due; the queue may not have its job.

        SQS gave up on it, counting the times that it waited for a slot; or it was redriven, and a
        crash came before its job was queued.
        """
        return self.delivery is not None and self.delivery.state is DeliveryState.DUE

    @property
    def key(self) -> str:
        """The same for all dead letters of one delivery."""
        return due_sort_key(self.delivery) if self.delivery else self.dead_letter.id


@dataclass(frozen=True, slots=True)
class RedriveResult:
    """How many deliveries were redriven, and how many dead letters remain.

    `refused` were inspected and could not be redriven; `left` were not inspected.
    """

    redriven: int
    refused: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDeadLetterService:
    """Lists the deliveries that were given up on, and redrives them for staff."""

    dead_letters: DeadLetters
    store: NotifierStore
    jobs: JobQueue
    redriver: Redriver

    async def listed(self, limit: int) -> tuple[Sequence[LoggedDeadLetter], int]:
        """List up to `limit` dead letters, and count them all."""
        total = await self.dead_letters.count()
        found, deleted = await self._inspect(limit)
        return found, total - deleted

    async def redrive(self, subscription_id: str | None = None) -> RedriveResult:
        """Redrive the failed deliveries of one subscription, or of all that have dead letters."""
        total = await self.dead_letters.count()
        found, deleted = await self._inspect(_MOST_INSPECTED)
        ids = {subscription_id} if subscription_id else {one.subscription_id for one in found}
        redriven = sum([await self._redrive(one) for one in ids if one is not None])
        remaining, _ = await self._inspect(_MOST_INSPECTED, queued={one.key for one in found})
        refused = sum(subscription_id in {None, one.subscription_id} for one in remaining)
        log.info("deliveries.redriven", redriven=redriven, refused=refused)
        return RedriveResult(redriven, refused, max(0, total - len(found) - deleted))

    async def delete_stale(self) -> None:
        """Delete stale dead letters, and queue jobs for those whose deliveries are due."""
        await self._inspect(_MOST_INSPECTED)

    async def forget(self, subscription_ids: Collection[str], *, dry_run: bool) -> int:
        """Delete the dead letters of some subscriptions, which only name their ids."""
        async with self.dead_letters.leased(_MOST_INSPECTED) as letters:
            found = [one for one in letters if _subscription_of(one) in subscription_ids]
            if not dry_run:
                await asyncio.gather(*map(self.dead_letters.delete, found))
        return len(found)

    async def _redrive(self, subscription_id: str) -> int:
        subscription = await self.store.subscription(subscription_id)
        if subscription is None:
            return 0
        try:
            return await self.redriver.redrive(subscription)
        except (SubscriptionRefusedError, SubscriptionChangedError):
            return 0

    async def _inspect(
        self, limit: int, queued: Collection[str] = ()
    ) -> tuple[Sequence[LoggedDeadLetter], int]:
        """Read dead letters, delete the stale ones, and return the others and how many were stale.

        A due delivery gets a job first, unless its key is among `queued`: then it has one.
        """
        async with self.dead_letters.leased(limit) as letters:
            found = await asyncio.gather(*map(self._find, letters))
            current = {one.key: one for one in found if not one.is_stale}
            kept = {one.dead_letter.id for one in current.values()}
            stale = [one for one in found if one.dead_letter.id not in kept]
            due = {one.key: one.delivery for one in stale if one.delivery and one.is_due}
            await asyncio.gather(*(self._queue(due[key]) for key in due.keys() - set(queued)))
            await asyncio.gather(*(self.dead_letters.delete(one.dead_letter) for one in stale))
        return list(current.values()), len(stale)

    async def _find(self, letter: DeadLetter) -> LoggedDeadLetter:
        try:
            job = DELIVERY_JOB.validate_json(letter.body)
        except ValidationError:
            job = None
        if not isinstance(job, Deliver):
            return LoggedDeadLetter(letter, None)
        delivery = await self.store.delivery(job.subscription_id, job.delivery_id)
        return LoggedDeadLetter(letter, delivery)

    async def _queue(self, due: Delivery) -> None:
        job = Deliver(subscription_id=due.subscription_id, delivery_id=due.id)
        await send_job(self.jobs, job)


def _subscription_of(letter: DeadLetter) -> str | None:
    try:
        return DELIVERY_JOB.validate_json(letter.body).subscription_id
    except ValidationError:
        return None
