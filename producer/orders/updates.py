"""Order updates: the customer who places an order can have its events sent somewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace

import structlog

from producer.orders.order_ids import OrderIds
from shared.clock import Clock
from shared.domain.order import Order
from shared.domain.subscription import Channel, Filter, Subscription, SubscriptionState
from shared.domain.subscription_request import SubscriptionRequest, grant
from shared.messages.announcement import ORDER_EVENTS
from shared.messages.delivery_job import Confirm, JobQueue
from shared.store.subscription_contract import SubscriptionChangedError, SubscriptionStore

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a customer wants to hear of an order: a URL, or an address."""

    channel: Channel
    target: str


@dataclass(frozen=True, slots=True)
class Updates:
    """The subscription to one order. Its manage token is told while nobody has confirmed it."""

    subscription: Subscription
    manage_token: str | None


class OrderUpdates:
    """Subscribes customers to their orders, at most once each, however often it is asked for."""

    def __init__(
        self, store: SubscriptionStore, jobs: JobQueue, ids: OrderIds, clock: Clock
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._ids = ids
        self._clock = clock

    async def subscribe(self, order: Order, contact: Contact) -> Updates:
        """Subscribe, and have the customer asked once; whoever asks again gets keys of its own.

        The answer with the first keys may have been lost. Raises what the store and the queue do.
        """
        wanted = SubscriptionRequest(
            ORDER_EVENTS, contact.channel, contact.target, Filter(order_ids=frozenset({order.id}))
        )
        granted = grant(wanted, order.store_id, self._clock(), self._ids.of_updates(order.id))
        wished = granted.subscription
        recorded = await self._store.add_subscription(wished)
        if recorded.manage_digest != wished.manage_digest:
            fresh = await self._with_fresh_keys(recorded, wished)
            if fresh is None:
                return Updates(recorded, None)
            recorded = fresh
        if recorded.asked_at is None:
            job = Confirm(subscription_id=recorded.id)
            await self._jobs.send(job.model_dump_json())
        return Updates(recorded, granted.manage_token)

    async def _with_fresh_keys(
        self, recorded: Subscription, wished: Subscription
    ) -> Subscription | None:
        if recorded.state is not SubscriptionState.PENDING:
            return None
        fresh = replace(
            recorded,
            manage_digest=wished.manage_digest,
            secrets=wished.secrets,
            version=recorded.version + 1,
        )
        try:
            await self._store.replace_subscription(recorded, fresh)
        except SubscriptionChangedError:
            return None
        return fresh
