"""After the queues were lost: what the record still has to be done is queued again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Protocol

import structlog

from notifier.delivering.patience import patiently
from notifier.delivering.retries import CLOCKS_DIFFER
from notifier.topics.press import Press
from shared.aws.errands import Errands
from shared.domain.delivery_log import delivery_id
from shared.domain.subscription import Channel, SubscriptionState
from shared.messages.errand import Confirm, Deliver
from shared.runtime.clock import Clock
from shared.store.subscription_contract import (
    DeliveryLog,
    SubscriptionStore,
    TopicStore,
    due_place,
)
from shared.store.subscription_pages import pages_in_state

log = structlog.stdlib.get_logger(__name__)

_PAGE = 500
_NOT_YET = "errands.not_requeued_yet"


class _Store(SubscriptionStore, DeliveryLog, TopicStore, Protocol):
    """What is read here."""


class Requeueing:
    """Queues again whatever is due. Of two errands for one delivery, one makes the attempt."""

    def __init__(self, store: _Store, errands: Errands, press: Press, clock: Clock) -> None:
        self._store = store
        self._errands = errands
        self._press = press
        self._clock = clock

    async def requeue(self) -> None:
        """Queue every delivery that is due, every question not answered, every issue not out.

        That takes as long as it takes: what cannot be queued now is tried again.
        """
        issues = await patiently(self._press.announce_again, _NOT_YET)
        questions = await patiently(self._questions, _NOT_YET)
        deliveries = await self._deliveries()
        log.info("errands.requeued", deliveries=deliveries, questions=questions, issues=issues)

    async def _deliveries(self) -> int:
        """Queue what was due by now; what the log gets meanwhile, it gets with its errand.

        The oldest events come first, whenever they were logged. In a busy shop there is always one
        more: the last page that was due before is not full, or is of events later than now.
        """
        count, place = 0, ""
        latest = delivery_id(self._clock() + CLOCKS_DIFFER, "")
        while True:
            due = await patiently(partial(self._store.due_deliveries, _PAGE, place), _NOT_YET)
            errands = [Deliver(subscription_id=d.subscription_id, delivery_id=d.id) for d in due]
            await patiently(partial(self._queue, errands), _NOT_YET)
            count += len(due)
            if len(due) < _PAGE or due[-1].id > latest:
                return count
            place = due_place(due[-1])

    async def _questions(self) -> int:
        count = 0
        async for page in pages_in_state(self._store, SubscriptionState.PENDING):
            unasked = [
                one for one in page if one.asked_at is None and one.channel is not Channel.SQS
            ]
            await self._queue([Confirm(subscription_id=one.id) for one in unasked])
            count += len(unasked)
        return count

    async def _queue(self, errands: Iterable[Deliver | Confirm]) -> None:
        await asyncio.gather(*map(self._errands.send, errands))
