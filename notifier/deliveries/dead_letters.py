"""Dead letters of deliveries, as staff look at them; what became of a delivery is in the log.

A letter whose delivery the log has not given up on says nothing any more, nor does a second one of
the same delivery, which comes of a second job. Such letters are deleted when they are found, and
what is due gets another job first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
from pydantic import ValidationError

from notifier.deliveries.redrive import Redriving
from notifier.store.contract import DeliveryLog
from shared.aws.dead_letters import DeadLetter, DeadLetters
from shared.domain.delivery import Delivery, DeliveryState, due_sort_key
from shared.domain.subscription import SubscriptionRefusedError
from shared.messages.delivery_job import DELIVERY_JOB, Deliver, JobQueue
from shared.store.subscription_contract import SubscriptionChangedError, SubscriptionStore

log = structlog.stdlib.get_logger(__name__)

MOST_HELD = 1000
"""How many dead letters are looked at in one go."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A dead letter, and the delivery that it is about, if the log has it."""

    letter: DeadLetter
    delivery: Delivery | None

    @property
    def subscription_id(self) -> str | None:
        """Whose delivery it is, if the log has it."""
        return self.delivery.subscription_id if self.delivery else None

    @property
    def is_stale(self) -> bool:
        """Whether the delivery has not been given up on, or no longer is."""
        return self.delivery is not None and self.delivery.state is not DeliveryState.FAILED

    @property
    def is_due(self) -> bool:
        """Whether the log has it as due, and the queue perhaps not.

        SQS gave up on it, having counted the times that it waited for its turn; or it was redriven,
        and whoever did so may have been cut off before it had a job again.
        """
        return self.delivery is not None and self.delivery.state is DeliveryState.DUE

    @property
    def about(self) -> str:
        """What it is about: its delivery, or but itself when the log does not know of one."""
        return due_sort_key(self.delivery) if self.delivery else self.letter.id


@dataclass(frozen=True, slots=True)
class Redriven:
    """How many deliveries were redriven, of how many dead letters none could be, or was looked at.

    `refused` are the letters that are left of those looked at.
    """

    redriven: int
    refused: int
    left: int


class _Store(SubscriptionStore, DeliveryLog, Protocol):
    """What is read here."""


class Undelivered:
    """Lists what was given up on, and redrives it for staff."""

    def __init__(
        self, dead_letters: DeadLetters, store: _Store, jobs: JobQueue, redriving: Redriving
    ) -> None:
        self._dead_letters = dead_letters
        self._store = store
        self._jobs = jobs
        self._redriving = redriving

    async def listed(self, limit: int) -> tuple[Sequence[Finding], int]:
        """List up to `limit` dead letters, and say how many there are."""
        total = await self._dead_letters.count()
        found, deleted = await self._look(limit)
        return found, total - deleted

    async def redrive(self, subscription_id: str | None = None) -> Redriven:
        """Redrive what failed of one subscription, or of all that dead letters tell of."""
        total = await self._dead_letters.count()
        found, deleted = await self._look(MOST_HELD)
        whose = {subscription_id} if subscription_id else {one.subscription_id for one in found}
        redriven = sum([await self._redrive(one) for one in whose if one is not None])
        still, _ = await self._look(MOST_HELD, queued={one.about for one in found})
        refused = sum(subscription_id in {None, one.subscription_id} for one in still)
        log.info("deliveries.redriven", redriven=redriven, refused=refused)
        return Redriven(redriven, refused, max(0, total - len(found) - deleted))

    async def tidy(self) -> None:
        """Delete letters that say nothing any more, and queue again what is due all the same."""
        await self._look(MOST_HELD)

    async def _redrive(self, subscription_id: str) -> int:
        subscription = await self._store.subscription(subscription_id)
        if subscription is None:
            return 0
        try:
            return await self._redriving.redrive(subscription)
        except (SubscriptionRefusedError, SubscriptionChangedError):
            return 0

    async def _look(
        self, limit: int, queued: Collection[str] = ()
    ) -> tuple[Sequence[Finding], int]:
        """Look at dead letters, delete those that say nothing, and say how many these were.

        What is due gets a job first, unless it is among the `queued`, which have theirs.
        """
        async with self._dead_letters.held(limit) as letters:
            findings = await asyncio.gather(*map(self._find, letters))
            acknowledgement = {one.about: one for one in findings if not one.is_stale}
            kept = {one.letter.id for one in acknowledgement.values()}
            void = [one for one in findings if one.letter.id not in kept]
            due = {one.about: one.delivery for one in void if one.delivery and one.is_due}
            await asyncio.gather(*(self._queue(due[about]) for about in due.keys() - set(queued)))
            await asyncio.gather(*(self._dead_letters.delete(one.letter) for one in void))
        return list(acknowledgement.values()), len(void)

    async def _find(self, letter: DeadLetter) -> Finding:
        job = _job(letter)
        if job is None:
            return Finding(letter, None)
        logged = await self._store.delivery(job.subscription_id, job.delivery_id)
        return Finding(letter, logged)

    async def _queue(self, due: Delivery) -> None:
        job = Deliver(subscription_id=due.subscription_id, delivery_id=due.id)
        await self._jobs.send(job.model_dump_json())


def _job(letter: DeadLetter) -> Deliver | None:
    try:
        job = DELIVERY_JOB.validate_json(letter.body)
    except ValidationError:
        return None
    return job if isinstance(job, Deliver) else None
