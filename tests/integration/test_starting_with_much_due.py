"""A notifier that starts while something is due: when it is ready."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from notifier.settings import NotifierSettings
from shared.domain.delivery_log import LoggedDelivery
from shared.runtime.clock import utc_now
from shared.store.opening import open_notifier_store
from tests.chaos.faults import Fail, Rule
from tests.contract.subscribers import due_to
from tests.integration.test_subscriptions_outages import weather
from tests.support.notifier import newsletter, serving, settings_for
from tests.support.subscribers import endpoint, webhook
from tests.support.waiting import eventually


async def becomes_due(settings: NotifierSettings, deliveries: Sequence[LoggedDelivery]) -> None:
    async with open_notifier_store(settings, None, utc_now) as store:
        await store.log_due(deliveries)


async def test_it_is_ready_while_what_is_due_cannot_be_queued_yet(ministack: str) -> None:
    async with weather(ministack) as (proxy, faults), endpoint() as subscriber:
        settings = settings_for(proxy.url, allow_loopback_webhooks=True)
        async with serving(settings) as notifier:
            held = await webhook(notifier, subscriber)
        event = newsletter("Free cake")
        due = replace(due_to(held.id, event.id), event=event.model_dump_json())
        await becomes_due(settings, [due])
        faults.set(Rule("SendMessageBatch", Fail()))
        async with serving(settings):
            await eventually(lambda: faults.met["SendMessageBatch", "Fail"] > 0)
            faults.set()
            await subscriber.hears(1)
    assert subscriber.ids == [event.id]
