"""After the queues were lost: what the record still has to be done is queued again."""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from notifier.topics.press import Press
from shared.aws.errands import Errands
from shared.domain.subscription import Channel, SubscriptionState
from shared.messages.errand import Confirm, Deliver
from shared.runtime.clock import Clock
from shared.store.subscription_contract import (
    DeliveryLog,
    SubscriptionStore,
    TopicStore,
    due_place,
)

log = structlog.stdlib.get_logger(__name__)

_PAGE = 500
_MOST_PENDING = 1000


class _Store(SubscriptionStore, DeliveryLog, TopicStore, Protocol):
    """What is read here."""


class Requeueing:
    """Queues again whatever is due. A second errand for the same delivery is harmless."""

    def __init__(self, store: _Store, errands: Errands, press: Press, clock: Clock) -> None:
        self._store = store
        self._errands = errands
        self._press = press
        self._clock = clock

    async def requeue(self) -> None:
        """Queue every delivery that is due, every question not answered, every issue not out."""
        deliveries = await self._deliveries()
        questions = await self._questions()
        issues = await self._press.announce_again()
        log.info("errands.requeued", deliveries=deliveries, questions=questions, issues=issues)

    async def _deliveries(self) -> int:
        """Queue what was due by now; what the log gets meanwhile, it gets with its errand.

        The newest come last. In a busy shop there is always one more of them.
        """
        count, place, began = 0, "", self._clock()
        while due := await self._store.due_deliveries(_PAGE, place):
            errands = [
                Deliver(subscription_id=delivery.subscription_id, delivery_id=delivery.id)
                for delivery in due
                if delivery.at < began
            ]
            if not errands:
                break
            await asyncio.gather(*(self._errands.send(errand) for errand in errands))
            count += len(errands)
            place = due_place(due[-1])
        return count

    async def _questions(self) -> int:
        pending = await self._store.in_state(SubscriptionState.PENDING, _MOST_PENDING)
        # A mail that was sent is not sent again: its link is good for as long as it is pending.
        asked = [one for one in pending if one.channel is Channel.WEBHOOK]
        for subscription in asked:
            await self._errands.send(Confirm(subscription_id=subscription.id))
        return len(asked)
