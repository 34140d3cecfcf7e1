"""A subscription that is ended or resumed while one of its deliveries is on its way."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from notifier.delivering.deliverer import Deliverer
from notifier.delivering.lanes import Lanes
from notifier.delivering.redriving import Redriving
from notifier.delivering.retries import Schedule
from notifier.delivering.standing import Standing
from shared.aws.errands import Errands
from shared.aws.queue import Message
from shared.consuming.outcome import Done, Retry
from shared.domain.delivery_log import LoggedDelivery, LoggedState
from shared.domain.subscription import Channel, Subscription, SubscriptionState, advance
from shared.messages.errand import Deliver, Redeliver
from shared.runtime.clock import utc_now
from shared.store.sqlite_notifier import SqliteNotifierStore, open_sqlite_notifier_store
from tests.contract.subscribers import due_to
from tests.support.notifier import newsletter
from tests.support.webhooks import Receiver, answers, receiver, sending, subscribed

ACTIVE, PAUSED, ENDED = (
    SubscriptionState.ACTIVE,
    SubscriptionState.PAUSED,
    SubscriptionState.ENDED,
)
DUE, DELIVERED = LoggedState.DUE, LoggedState.DELIVERED


@dataclass(frozen=True)
class BusyStore(SqliteNotifierStore):
    """A store that writes of an attempt after what others have in hand."""

    others: list[Callable[[], Awaitable[object]]] = field(default_factory=list)

    async def claim_attempt(
        self, delivery: LoggedDelivery, at: dt.datetime
    ) -> LoggedDelivery | None:
        await self._others_first()
        return await super().claim_attempt(delivery, at)

    async def log_attempt(self, delivery: LoggedDelivery) -> None:
        await self._others_first()
        await super().log_attempt(delivery)

    async def _others_first(self) -> None:
        while self.others:
            await self.others.pop()()


@dataclass
class Sent:
    """A queue of which nobody takes anything."""

    bodies: list[str] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        self.bodies.append(message.body)


@dataclass(frozen=True)
class Round:
    """One subscriber, one delivery due to it, and who delivers."""

    store: BusyStore
    subscriber: Receiver
    deliverer: Deliverer
    subscription: Subscription
    delivery: LoggedDelivery

    @property
    def errand(self) -> Deliver:
        return Deliver(subscription_id=self.subscription.id, delivery_id=self.delivery.id)

    @property
    def redelivery(self) -> Redeliver:
        return Redeliver(subscription_id=self.subscription.id, delivery_id=self.delivery.id)

    async def becomes(self, state: SubscriptionState) -> Subscription:
        now = await self.store.subscription(self.subscription.id)
        assert now is not None
        after = advance(now, state, utc_now())
        await self.store.replace_subscription(now, after)
        return after

    async def logged(self) -> LoggedDelivery:
        logged = await self.store.logged(self.subscription.id, self.delivery.id)
        assert logged is not None
        return logged


@pytest.fixture
async def going(tmp_path: Path) -> AsyncIterator[Round]:
    async with contextlib.AsyncExitStack() as stack:
        subscriber = await stack.enter_async_context(receiver(answers(204)))
        sender = await stack.enter_async_context(sending())
        file = await stack.enter_async_context(
            open_sqlite_notifier_store(tmp_path / "shop.db", "main")
        )
        store = BusyStore(file.store_id, file.file)
        subscription = await store.add_subscription(subscribed(subscriber.url))
        event = newsletter("Free cake")
        delivery = replace(due_to(subscription.id, event.id), event=event.model_dump_json())
        await store.log_due([delivery])
        deliverer = Deliverer(
            store,
            {Channel.WEBHOOK: sender},
            Lanes(1),
            Schedule([60]),
            Standing(store, utc_now),
            utc_now,
        )
        yield Round(store, subscriber, deliverer, subscription, delivery)


async def test_nothing_is_sent_to_who_unsubscribes_while_the_attempt_is_claimed(
    going: Round,
) -> None:
    going.store.others.append(lambda: going.becomes(ENDED))
    assert isinstance(await going.deliverer.deliver(going.errand), Retry)
    assert await going.deliverer.deliver(going.errand) == Done()
    assert going.subscriber.received == []
    assert await going.logged() == replace(going.delivery, state=LoggedState.DROPPED)


async def test_nothing_is_sent_again_to_who_unsubscribes_after_asking_for_it(
    going: Round,
) -> None:
    delivered = replace(going.delivery, state=DELIVERED, attempts=1, tried_at=utc_now())
    await going.store.log_attempt(delivered)
    going.store.others.append(lambda: going.becomes(ENDED))
    assert await going.deliverer.redeliver(going.redelivery) == Done()
    assert going.subscriber.received == []
    assert await going.logged() == delivered


async def test_what_is_given_up_on_while_its_subscription_is_resumed_is_delivered_after_all(
    going: Round,
) -> None:
    paused, sent = await going.becomes(PAUSED), Sent()
    redriving = Redriving(going.store, Errands(sent), utc_now)
    going.store.others.append(lambda: redriving.redrive(paused))
    assert isinstance(await going.deliverer.deliver(going.errand), Retry)
    assert (await going.logged()).state is DUE
    assert await going.deliverer.deliver(going.errand) == Done()
    assert (await going.logged()).state is DELIVERED
    assert len(going.subscriber.received) == 1
    assert sent.bodies == []  # when it was resumed, there was nothing to redrive yet
