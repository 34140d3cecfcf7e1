"""Mailboxes: which newsletters come to one, and how all that is recorded of one is erased."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass

import structlog

from notifier.channels.email.mailbox import is_to, mailbox
from notifier.channels.email.sender import MailTransport
from notifier.deliveries.confirmation import along_with
from notifier.deliveries.dead_letters import DeliveryDeadLetterService
from notifier.store.contract import NotifierStore, pages_in_state
from notifier.subscriptions.service import SubscriptionService
from shared.domain.subscription import (
    Channel,
    Subscription,
    SubscriptionState,
    order_routing_key,
)
from shared.messages.announcement import ORDER_EVENTS

log = structlog.stdlib.get_logger(__name__)

_PAGE = 500
_LIVE = (SubscriptionState.ACTIVE, SubscriptionState.PAUSED)
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

    async def forget(
        self, whom: Subscriber, *, dry_run: bool, last: str | None = None
    ) -> ForgottenSubscriber:
        """Erase a subscriber, or only count what there is of them; `last` ends last.

        Raises UnavailableError, EntryFailedError: then call it again. All is erased before anything
        ends, since nobody finds what has ended; then, what came meanwhile.
        """
        found = {one.id: one async for one in self._find(whom)}
        erased = await self._erase(whom.box, found, dry_run=dry_run)
        if not dry_run:
            for is_last in (False, True):
                ending = [one for one in found.values() if (one.id == last) is is_last]
                for subscription in ending:
                    await self._end(subscription)
                if ending:
                    erased += await self._erase(whom.box, found, dry_run=False)
            await self.store.erase_replaced()
            log.info("subscriber.forgotten", subscriptions=len(found), mails=erased["mails"])
        return ForgottenSubscriber(
            subscriptions=sum(one.state in _NOT_ENDED for one in found.values()),
            deliveries=erased["deliveries"],
            dead_letters=erased["dead_letters"],
            mails=erased["mails"],
            order_ids=sorted({each for one in found.values() for each in one.filter.order_ids}),
        )

    async def _erase(self, box: str | None, ids: Collection[str], *, dry_run: bool) -> Counter[str]:
        """Erase what was sent to some subscriptions, and what is to be; they themselves stay."""
        return Counter(
            deliveries=sum([await self._deliveries(each, dry_run=dry_run) for each in ids]),
            dead_letters=await self.dead_letters.forget(ids, dry_run=dry_run) if ids else 0,
            mails=await self.mail.forget(box, ids, dry_run=dry_run),
        )

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
            async for subscription in with_mailbox(self.store, whom.box, _NOT_ENDED):
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


@dataclass(frozen=True, slots=True)
class MailboxSubscriptions:
    """Finds and sets the newsletters of a mailbox; `one` of its subscriptions names it.

    It reads all active subscriptions, so that callers limit how often it is asked.
    """

    store: NotifierStore
    service: SubscriptionService

    async def topics(self, one: Subscription) -> frozenset[str]:
        """Name the newsletters; raises StoreUnavailableError."""
        return frozenset([found.topic async for found in self._of(one)])

    async def choose(self, one: Subscription, topics: Collection[str], occasion: str) -> None:
        """Have these newsletters sent, and no others; the same `occasion` adds each once.

        `one` itself ends last: its link is good for another try until then.
        """
        found = [each async for each in self._of(one)]
        for topic in sorted({*topics} - {each.topic for each in found}):
            await self.store.add_subscription(along_with(one, topic, f"{one.id}/{occasion}"))
        for each in sorted(found, key=lambda each: each.id == one.id):
            if each.topic not in topics:
                await self.service.end(each)
        log.info("newsletters.chosen", subscription=one.id, topics=len(topics))

    async def _of(self, one: Subscription) -> AsyncIterator[Subscription]:
        async for each in with_mailbox(self.store, mailbox(one.target), _LIVE):
            if each.topic != ORDER_EVENTS:
                yield each


async def with_mailbox(
    store: NotifierStore, box: str, states: Collection[SubscriptionState]
) -> AsyncIterator[Subscription]:
    """List the subscriptions of a mailbox in some states; it reads all that are in them."""
    for state in states:
        async for page in pages_in_state(store, state):
            for subscription in page:
                if is_to(subscription, box):
                    yield subscription
