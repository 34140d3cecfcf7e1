"""A subscription that is ended or resumed while one of its deliveries is on its way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from notifier.deliveries.redrive import Redriver
from shared.clock import utc_now
from shared.consuming.outcome import Done, Retry
from shared.domain.delivery import DeliveryState
from shared.domain.subscription import SubscriptionState
from tests.support.one_delivery import OneDelivery, Sent, one_delivery
from tests.support.webhooks import answers

PAUSED, ENDED = SubscriptionState.PAUSED, SubscriptionState.ENDED
DUE, DELIVERED = DeliveryState.DUE, DeliveryState.DELIVERED


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[OneDelivery]:
    async with one_delivery(tmp_path, answers(204)) as one:
        yield one


async def test_nothing_is_sent_after_an_unsubscribe_during_the_claim_of_an_attempt(
    one: OneDelivery,
) -> None:
    one.store.others.append(lambda: one.becomes(ENDED))
    assert isinstance(await one.run_job(), Retry)
    assert await one.run_job() == Done()
    assert one.subscriber.received == []
    assert await one.recorded() == replace(one.delivery, state=DeliveryState.DROPPED)


async def test_a_requested_redelivery_is_not_sent_after_an_unsubscribe(
    one: OneDelivery,
) -> None:
    delivered = replace(one.delivery, state=DELIVERED, attempts=1, tried_at=utc_now())
    await one.store.log_attempt(delivered)
    one.store.others.append(lambda: one.becomes(ENDED))
    assert await one.run_redelivery() == Done()
    assert one.subscriber.received == []
    assert await one.recorded() == delivered


async def test_a_delivery_given_up_while_its_subscription_is_resumed_is_delivered_after_all(
    one: OneDelivery,
) -> None:
    paused, sent = await one.becomes(PAUSED), Sent()
    redriving = Redriver(one.store, sent, utc_now)
    one.store.others.append(lambda: redriving.redrive(paused))
    assert isinstance(await one.run_job(), Retry)
    assert (await one.recorded()).state is DUE
    assert await one.run_job() == Done()
    assert (await one.recorded()).state is DELIVERED
    assert len(one.subscriber.received) == 1
    assert sent.bodies == []  # when it was resumed, there was nothing to redrive yet
