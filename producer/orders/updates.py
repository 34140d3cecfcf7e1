"""Order updates: the customer who places an order can have its events sent somewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace

from producer.orders.order_ids import OrderIds
from shared.clock import Clock
from shared.domain.order import Order
from shared.domain.subscription import Channel, Filter, Subscription, SubscriptionState
from shared.domain.subscription_request import SubscriptionRequest, grant
from shared.messages.announcement import ORDER_EVENTS
from shared.messages.delivery_job import Confirm, JobQueue
from shared.store.subscription_contract import SubscriptionChangedError, SubscriptionStore


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a customer wants an order's events: a webhook's URL, or an e-mail address."""

    channel: Channel
    target: str


@dataclass(frozen=True, slots=True)
class Updates:
    """The subscription to one order. Its manage token is given until somebody confirms it."""

    subscription: Subscription
    manage_token: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUpdates:
    """Subscribes customers to their orders, each order at most once, however often they ask."""

    store: SubscriptionStore
    jobs: JobQueue
    ids: OrderIds
    clock: Clock

    async def subscribe(self, order: Order, contact: Contact) -> Updates:
        """Subscribe the customer, and request one confirmation; a repeated request gets new keys.

        The response with the first keys may have been lost. Raises what the store and the queue do.
        """
        wanted = SubscriptionRequest(
            ORDER_EVENTS, contact.channel, contact.target, Filter(order_ids=frozenset({order.id}))
        )
        granted = grant(wanted, order.store_id, self.clock(), self.ids.of_updates(order.id))
        subscription = granted.subscription
        recorded = await self.store.add_subscription(subscription)
        if recorded.manage_digest != subscription.manage_digest:
            renewed = await self._with_new_keys(recorded, subscription)
            if renewed is None:
                return Updates(recorded, None)
            recorded = renewed
        if recorded.asked_at is None:
            await self.jobs.send(Confirm(subscription_id=recorded.id).model_dump_json())
        return Updates(recorded, granted.manage_token)

    async def _with_new_keys(
        self, recorded: Subscription, granted: Subscription
    ) -> Subscription | None:
        if recorded.state is not SubscriptionState.PENDING:
            return None
        renewed = replace(
            recorded,
            manage_digest=granted.manage_digest,
            secrets=granted.secrets,
            version=recorded.version + 1,
        )
        try:
            await self.store.replace_subscription(recorded, renewed)
        except SubscriptionChangedError:
            return None
        return renewed
