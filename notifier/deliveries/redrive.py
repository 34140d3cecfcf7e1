"""Redrive: retry the failed deliveries of a subscription, once its subscriber is reachable again.

Each becomes due in the log before its job is queued. After a crash in between, the job is queued
when the dead letter is inspected; if the queue refuses the job, the delivery is failed again. So
calling redrive again continues where it stopped.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import structlog

from notifier.deliveries.housekeeping import MOST_DUE
from notifier.store.contract import NotifierStore
from shared.aws.batcher import EntryFailedError
from shared.aws.clients import AwsUnavailableError
from shared.clock import Clock
from shared.domain.delivery import Delivery, DeliveryState
from shared.domain.subscription import (
    Subscription,
    SubscriptionRefusedError,
    SubscriptionState,
    advance,
)
from shared.messages.delivery_job import Deliver, JobQueue, send_job

log = structlog.stdlib.get_logger(__name__)

_PAGE = 100

MOST_REDRIVEN = MOST_DUE // 2
"""With more, the due limit would pause the subscription again, however fast its subscriber is."""


@dataclass(frozen=True, slots=True)
class Redriver:
    """Retries deliveries that were given up on."""

    store: NotifierStore
    jobs: JobQueue
    clock: Clock
    most: int = MOST_REDRIVEN

    async def redrive(self, subscription: Subscription) -> int:
        """Make a paused subscription active, queue its failed deliveries, and return their number.

        At most MOST_REDRIVEN are queued, the newest first; call again for the rest. Raises
        SubscriptionRefusedError for a subscription that is pending, which only its subscriber
        changes, or has ended; and SubscriptionChangedError, AwsUnavailableError, EntryFailedError.
        """
        match subscription.state:
            case SubscriptionState.PAUSED:
                active = advance(subscription, SubscriptionState.ACTIVE, self.clock())
                await self.store.replace_subscription(subscription, active)
            case SubscriptionState.PENDING | SubscriptionState.ENDED:
                raise SubscriptionRefusedError(subscription.state, SubscriptionState.ACTIVE)
            case SubscriptionState.ACTIVE:
                pass
        redriven = await self._redrive_all(subscription.id)
        log.info("subscription.resumed", subscription=subscription.id, redriven=redriven)
        return redriven

    async def _redrive_all(self, subscription_id: str) -> int:
        redriven, before = 0, ""
        while redriven < self.most and (
            page := await self.store.last_deliveries(subscription_id, _PAGE, before)
        ):
            failed = [delivery for delivery in page if delivery.state is DeliveryState.FAILED]
            failed = failed[: self.most - redriven]
            await asyncio.gather(*map(self._redrive, failed))
            redriven += len(failed)
            before = page[-1].id
        return redriven

    async def _redrive(self, failed: Delivery) -> None:
        due = replace(
            failed,
            state=DeliveryState.DUE,
            attempts=0,
            tried_at=None,
            error=None,
            not_before=None,
        )
        await self.store.log_attempt(due)
        job = Deliver(subscription_id=failed.subscription_id, delivery_id=failed.id)
        try:
            await send_job(self.jobs, job)
        except (AwsUnavailableError, EntryFailedError):
            await self.store.log_attempt(failed)
            raise
