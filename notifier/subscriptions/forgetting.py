"""Forgets subscribers: subscriptions end, and deliveries, mail and dead letters are deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import structlog

from notifier.channels.email.mailbox import mailbox
from notifier.channels.email.sender import MailTransport
from notifier.deliveries.dead_letters import DeliveryDeadLetterService
from notifier.store.contract import NotifierStore, pages_in_state
from notifier.subscriptions.service import SubscriptionService
from shared.domain.mail_address import InvalidAddressError
from shared.domain.subscription import (
    Channel,
    Subscription,
    SubscriptionState,
    order_routing_key,
)
from shared.messages.announcement import ORDER_EVENTS

log = structlog.stdlib.get_logger(__name__)

_PAGE = 500
_NOT_ENDED = frozenset(SubscriptionState) - {SubscriptionState.ENDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """Whom to forget: a mailbox, or who subscribed to some orders, or as some subscriptions."""

    box: str | None = None
    order_ids: frozenset[str] = frozenset()
    subscription_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenSubscriber:
    """What was found of a subscriber; `order_ids` are of single orders that were subscribed to."""

    subscriptions: int
    deliveries: int
    dead_letters: int
    mails: int
    order_ids: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberForgetter:
    """Finds what is recorded of a subscriber, and erases it. Queues are the shop's own, and stay.

    An ended subscription leads nowhere any more, but its deliveries and mail are erased as well.
    """

    store: NotifierStore
    subscriptions: SubscriptionService
    dead_letters: DeliveryDeadLetterService
    mail: MailTransport

    async def forget(self, whom: Subscriber, *, dry_run: bool) -> ForgottenSubscriber:
        """Erase a subscriber, or only count what there is of them.

        Raises UnavailableError, EntryFailedError: then call it again.
        """
        found = {one.id: one async for one in self._find(whom)}
        if not dry_run:
            for subscription in found.values():
                await self._end(subscription)
        erased = ForgottenSubscriber(
            subscriptions=sum(one.state in _NOT_ENDED for one in found.values()),
            deliveries=sum([await self._deliveries(each, dry_run=dry_run) for each in found]),
            dead_letters=await self.dead_letters.forget(found, dry_run=dry_run) if found else 0,
            mails=await self.mail.forget(whom.box, found, dry_run=dry_run),
            order_ids=sorted({each for one in found.values() for each in one.filter.order_ids}),
        )
        if not dry_run:
            await self.store.erase_replaced()
            log.info("subscriber.forgotten", subscriptions=len(found), mails=erased.mails)
        return erased

    async def _find(self, whom: Subscriber) -> AsyncIterator[Subscription]:
        for subscription_id in whom.subscription_ids:
            if known := await self.store.subscription(subscription_id):
                yield known
        keys = [order_routing_key(ORDER_EVENTS, order_id) for order_id in whom.order_ids]
        async for page in self.store.subscribed(keys):
            for subscription in page:
                if subscription.channel is not Channel.SQS:
                    yield subscription
        if whom.box is not None:
            async for subscription in self._with_box(whom.box):
                yield subscription

    async def _with_box(self, box: str) -> AsyncIterator[Subscription]:
        for state in _NOT_ENDED:
            async for page in pages_in_state(self.store, state):
                for subscription in page:
                    if _is_to(subscription, box):
                        yield subscription

    async def _end(self, subscription: Subscription) -> None:
        if subscription.state is SubscriptionState.PENDING:
            await self.subscriptions.confirmation.limits.release(subscription)
        await self.subscriptions.end(subscription, "forgotten")

    async def _deliveries(self, subscription_id: str, *, dry_run: bool) -> int:
        if not dry_run:
            return await self.store.delete_deliveries(subscription_id)
        count, last = 0, ""
        while page := await self.store.last_deliveries(subscription_id, _PAGE, last):
            count, last = count + len(page), page[-1].id
        return count


def _is_to(subscription: Subscription, box: str) -> bool:
    if subscription.channel is not Channel.EMAIL:
        return False
    try:
        return mailbox(subscription.target) == box
    except InvalidAddressError:  # accepted by an older release
        return False
