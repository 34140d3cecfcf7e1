"""The office behind the notifier's routes: topics, subscriptions, and what delivers to them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from notifier.channels.channel import Sender
from notifier.channels.email.links import LinkSigner
from notifier.deliveries.confirmation import Confirmation
from notifier.deliveries.dead_letters import Undelivered
from notifier.deliveries.deliverer import Deliverer
from notifier.deliveries.due_limit import DueLimit
from notifier.deliveries.fan_out import FanOut
from notifier.deliveries.health import SubscriptionHealth
from notifier.deliveries.job_handler import DeliveryJobHandler
from notifier.deliveries.limits import Lanes
from notifier.deliveries.queue_epoch import QueueEpoch
from notifier.deliveries.redrive import Redriving
from notifier.deliveries.requeue import Requeueing
from notifier.deliveries.retry_policy import Schedule
from notifier.settings import NotifierSettings
from notifier.store.contract import NotifierStore
from notifier.subscriptions.queue_subscribers import QueueSubscribers
from notifier.subscriptions.service import SubscriptionService
from notifier.subscriptions.topology_restore import TopologyRestore
from notifier.topics.catalog import TopicCatalog
from notifier.topics.publisher import NewsletterPublisher
from shared.aws.clients import AwsClients
from shared.aws.names import Names
from shared.aws.queues import open_dead_letters, open_queue
from shared.clock import utc_now
from shared.consuming.consumer import Consumer, ConsumerLimits
from shared.domain.subscription import Channel
from shared.messages.delivery_job import JobQueue
from shared.runtime.lifecycle import every

_ANNOUNCEMENTS_AT_ONCE = 32
_LETTERS_SECONDS = 600
_ARREARS_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the office works with; all of it is open for longer than the office is."""

    settings: NotifierSettings
    clients: AwsClients
    store: NotifierStore
    catalog: TopicCatalog
    publisher: NewsletterPublisher
    senders: Mapping[Channel, Sender]
    links: LinkSigner


@dataclass(frozen=True, slots=True)
class DeliveryService:
    """What a route may need, and what runs behind it."""

    desk: SubscriptionService
    undelivered: Undelivered
    topology_restore: TopologyRestore
    due_limit: DueLimit
    consumers: tuple[Consumer, ...]

    async def work(self, broker_reset: asyncio.Event, stop: asyncio.Event) -> None:
        """Deliver until `stop`; then finish what was begun."""
        async with asyncio.TaskGroup() as tasks:
            beside = [
                tasks.create_task(self.topology_restore.run(broker_reset), name="topology_restore"),
                tasks.create_task(
                    every(_LETTERS_SECONDS, self.undelivered.tidy), name="dead letters"
                ),
                tasks.create_task(every(_ARREARS_SECONDS, self.due_limit.bound), name="due_limit"),
            ]
            for consumer in self.consumers:
                tasks.create_task(consumer.run(stop), name="deliveries")
            await stop.wait()
            for task in beside:
                task.cancel()

    async def check(self) -> None:
        """Make sure that deliveries can be made; raises what is in the way."""
        await self.topology_restore.check()
        for consumer in self.consumers:
            consumer.check()


@contextlib.asynccontextmanager
async def open_office(around: Surroundings) -> AsyncIterator[DeliveryService]:
    """Open the queues, and put together what works with them; the queues must be there."""
    names = Names(around.settings.name_prefix)
    limits = ConsumerLimits(
        concurrency=around.settings.deliveries_at_once, grace=around.settings.grace_seconds
    )
    opened = partial(open_queue, around.clients, wait_time=around.settings.poll_seconds)
    async with (
        opened(names.announcements) as announcements,
        opened(names.deliveries, names.deliveries_dead_letters) as deliveries,
        open_dead_letters(around.clients, names.deliveries_dead_letters) as dead_letters,
    ):
        epoch = QueueEpoch(around.store, around.clients.sqs, deliveries.url)
        await epoch.begin()
        jobs = deliveries
        runner = _runner(around, jobs)
        queues = QueueSubscribers(around.clients, names)
        redriving = Redriving(around.store, jobs, utc_now)
        fan_out = FanOut(around.store, jobs, utc_now)
        requeueing = Requeueing(around.store, jobs, around.publisher, epoch, utc_now)
        yield DeliveryService(
            desk=SubscriptionService(
                around.store,
                around.settings.store_id,
                jobs,
                runner.confirmation,
                queues,
                redriving,
                utc_now,
            ),
            undelivered=Undelivered(dead_letters, around.store, jobs, redriving),
            topology_restore=TopologyRestore(
                around.catalog, around.store, queues, requeueing, epoch, utc_now
            ),
            due_limit=DueLimit(around.store, SubscriptionHealth(around.store, utc_now)),
            consumers=(
                Consumer(
                    announcements,
                    fan_out.handle,
                    replace(limits, concurrency=_ANNOUNCEMENTS_AT_ONCE),
                ),
                Consumer(deliveries, runner.run, limits),
            ),
        )


def _runner(around: Surroundings, jobs: JobQueue) -> DeliveryJobHandler:
    settings, store = around.settings, around.store
    health = SubscriptionHealth(store, utc_now)
    lanes = Lanes(settings.deliveries_per_subscriber)
    schedule = Schedule(settings.retry_seconds, settings.longest_attempt)
    deliverer = Deliverer(
        store,
        around.senders,
        lanes,
        schedule,
        health,
        utc_now,
    )
    confirmation = Confirmation(
        store,
        around.senders,
        jobs,
        lanes,
        health,
        schedule,
        around.links.confirm_token,
        utc_now,
    )
    return DeliveryJobHandler(deliverer, confirmation)
