"""Redrives what was given up on of a subscription, once its subscriber is there again.

The log says what that is. Each delivery is due again there before its job is queued: cut off in
between, the job is queued when its dead letter is looked at; when the queue refuses it, the
delivery is given up on as before. So whatever was left, or was too much at once, can be redriven by
asking once more.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Protocol

import structlog

from notifier.deliveries.due_limit import MOST_DUE
from notifier.store.contract import DeliveryLog
from shared.aws.batcher import EntryFailedError
from shared.aws.errors import AwsUnavailableError
from shared.clock import Clock
from shared.domain.delivery import Delivery, DeliveryState
from shared.domain.subscription import (
    Subscription,
    SubscriptionRefusedError,
    SubscriptionState,
    advance,
)
from shared.messages.delivery_job import Deliver, JobQueue
from shared.store.subscription_contract import SubscriptionStore

log = structlog.stdlib.get_logger(__name__)

_PAGE = 100

MOST_REDRIVEN = MOST_DUE // 2
"""More, and the subscription would be paused again, however well its subscriber is."""


class _Store(SubscriptionStore, DeliveryLog, Protocol):
    """What is read and written here."""


class Redriving:
    """Gives deliveries that were given up on another chance."""

    def __init__(
        self, store: _Store, jobs: JobQueue, clock: Clock, most: int = MOST_REDRIVEN
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._clock = clock
        self._most = most

    async def redrive(self, subscription: Subscription) -> int:
        """Make a paused subscription active, have delivered what failed, and say how many.

        They are the newest, MOST_REDRIVEN at a time; one that is active goes on with what is left.
        Raises SubscriptionRefusedError when it is pending, which only its subscriber changes,
        or has ended, and SubscriptionChangedError, AwsUnavailableError and
        EntryFailedError.
        """
        match subscription.state:
            case SubscriptionState.PAUSED:
                active = advance(subscription, SubscriptionState.ACTIVE, self._clock())
                await self._store.replace_subscription(subscription, active)
            case SubscriptionState.PENDING | SubscriptionState.ENDED:
                raise SubscriptionRefusedError(subscription.state, SubscriptionState.ACTIVE)
        redriven = await self._redrive_all(subscription.id)
        log.info("subscription.resumed", subscription=subscription.id, redriven=redriven)
        return redriven

    async def _redrive_all(self, subscription_id: str) -> int:
        redriven, before = 0, ""
        while redriven < self._most and (
            page := await self._store.last_deliveries(subscription_id, _PAGE, before)
        ):
            failed = [delivery for delivery in page if delivery.state is DeliveryState.FAILED]
            failed = failed[: self._most - redriven]
            await asyncio.gather(*map(self._redrive, failed))
            redriven += len(failed)
            before = page[-1].id
        return redriven

    async def _redrive(self, failed: Delivery) -> None:
        again = replace(
            failed,
            state=DeliveryState.DUE,
            attempts=0,
            tried_at=None,
            error=None,
            not_before=None,
        )
        await self._store.log_attempt(again)
        try:
            job = Deliver(subscription_id=failed.subscription_id, delivery_id=failed.id)
            await self._jobs.send(job.model_dump_json())
        except (AwsUnavailableError, EntryFailedError):
            await self._store.log_attempt(failed)
            raise
