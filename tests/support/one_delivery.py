"""One webhook, one delivery that is due to it, and a deliverer: without queues or notifier."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from notifier.deliveries.deliverer import Deliverer
from notifier.deliveries.health import SubscriptionHealth
from notifier.deliveries.limits import ConcurrencyLimits, KeyedLimit
from notifier.deliveries.retry_policy import RetryPolicy
from notifier.store.sqlite.store import SqliteNotifierStore, open_sqlite_notifier_store
from shared.clock import utc_now
from shared.consuming.outcome import Outcome
from shared.domain.delivery import Delivery
from shared.domain.subscription import Channel, Subscription, SubscriptionState, advance
from shared.messages.delivery_job import Deliver, Redeliver
from tests.contract.subscribers import due_to
from tests.support.notifier import newsletter
from tests.support.webhooks import Answering, Receiver, receiver, sending, subscribed

PAUSE = 60.0
"""Seconds after the first attempt; after the second it is given up."""

LONGEST_ATTEMPT = 20.0


@dataclass
class Clock:
    """The clock, and by how much it has been set forward."""

    moved: dt.timedelta = dt.timedelta()

    def __call__(self) -> dt.datetime:
        return utc_now() + self.moved


@dataclass(frozen=True)
class BusyStore(SqliteNotifierStore):
    """A store in which the writes of others come first."""

    others: list[Callable[[], Awaitable[object]]] = field(default_factory=list)

    async def claim_attempt(
        self, delivery: Delivery, at: dt.datetime, not_before: dt.datetime
    ) -> Delivery | None:
        await self._others_first()
        return await super().claim_attempt(delivery, at, not_before)

    async def log_attempt(self, delivery: Delivery) -> None:
        await self._others_first()
        await super().log_attempt(delivery)

    async def _others_first(self) -> None:
        while self.others:
            await self.others.pop()()


@dataclass
class Sent:
    """A queue that nobody receives from."""

    bodies: list[str] = field(default_factory=list)

    async def send(self, body: str, *, group: str | None = None) -> None:
        del group
        self.bodies.append(body)


@dataclass(frozen=True)
class OneDelivery:
    """It is due to an active subscription; its jobs run when the test calls for them."""

    store: BusyStore
    subscriber: Receiver
    deliverer: Deliverer
    clock: Clock
    subscription: Subscription
    delivery: Delivery

    async def run_job(self) -> Outcome:
        job = Deliver(subscription_id=self.subscription.id, delivery_id=self.delivery.id)
        return await self.deliverer.deliver(job)

    async def run_redelivery(self) -> Outcome:
        job = Redeliver(subscription_id=self.subscription.id, delivery_id=self.delivery.id)
        return await self.deliverer.deliver(job)

    async def becomes(self, state: SubscriptionState) -> Subscription:
        now = await self.store.subscription(self.subscription.id)
        assert now is not None
        after = advance(now, state, self.clock())
        await self.store.replace_subscription(now, after)
        return after

    async def recorded(self) -> Delivery:
        logged = await self.store.delivery(self.subscription.id, self.delivery.id)
        assert logged is not None
        return logged


@contextlib.asynccontextmanager
async def one_delivery(
    folder: Path, answering: Answering, host: str = "127.0.0.1", seconds: float = 5
) -> AsyncIterator[OneDelivery]:
    """Open all of it; the webhook's URL names `host`, and an attempt may take `seconds`."""
    clock = Clock()
    async with (
        receiver(answering) as subscriber,
        sending(seconds=seconds) as sender,
        open_sqlite_notifier_store(folder / "shop.db", "main") as opened,
    ):
        store = BusyStore(**{one.name: getattr(opened, one.name) for one in fields(opened)})
        url = subscriber.url.replace("127.0.0.1", host)
        subscription = await store.add_subscription(subscribed(url))
        event = newsletter("Free cake")
        delivery = replace(due_to(subscription.id, event.id), event=event.model_dump_json())
        await store.log_due([delivery])
        deliverer = Deliverer(
            store=store,
            senders={Channel.WEBHOOK: sender},
            limits=ConcurrencyLimits(subscribers=KeyedLimit(1)),
            retry_policy=RetryPolicy([PAUSE], LONGEST_ATTEMPT),
            health=SubscriptionHealth(store, clock),
            clock=clock,
        )
        yield OneDelivery(store, subscriber, deliverer, clock, subscription, delivery)
