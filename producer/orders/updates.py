"""Order updates: the customer who places an order can have its events sent somewhere."""

from __future__ import annotations

from dataclasses import dataclass

from producer.orders.order_ids import OrderIds
from shared.clock import Clock
from shared.domain.order import Order
from shared.domain.subscription import Channel, Filter, Subscription, SubscriptionState
from shared.domain.subscription_request import SubscriptionRequest, grant
from shared.messages.announcement import ORDER_EVENTS
from shared.messages.delivery_job import Confirm, JobQueue, send_job
from shared.store.subscription_contract import SubscriptionStore


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a customer wants an order's events: a webhook's URL, or an e-mail address.

    `client` is who asks, as limits per client count it; None is staff.
    """

    channel: Channel
    target: str
    client: str | None


@dataclass(frozen=True, slots=True)
class Updates:
    """The subscription to one order, and its manage token, which is given once."""

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
        """Subscribe the customer, and request one confirmation.

        Only the request that records the subscription gets its keys: whoever repeats it may be
        somebody else. Raises what the store and the queue do.
        """
        wanted = SubscriptionRequest(
            ORDER_EVENTS,
            contact.channel,
            contact.target,
            Filter(order_ids=frozenset({order.id})),
            contact.client,
        )
        granted = grant(wanted, order.store_id, self.clock(), self.ids.of_updates(order.id))
        recorded = await self.store.add_subscription(granted.subscription)
        if recorded.state is SubscriptionState.PENDING and recorded.asked_at is None:
            await send_job(self.jobs, Confirm(subscription_id=recorded.id))
        is_new = recorded.manage_digest == granted.subscription.manage_digest
        return Updates(recorded, granted.manage_token if is_new else None)
