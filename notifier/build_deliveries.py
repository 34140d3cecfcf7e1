"""Constructs the notifier's delivery service, once its queues exist."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from prometheus_client import Counter

from notifier.channels.channel import Sender
from notifier.channels.email.links import LinkSigner
from notifier.channels.email.sender import MailTransport
from notifier.deliveries.backpressure import Backpressure
from notifier.deliveries.confirmation import Confirmation
from notifier.deliveries.confirmation_limits import ConfirmationLimits
from notifier.deliveries.dead_letters import DeliveryDeadLetterService
from notifier.deliveries.deliverer import Deliverer, DeliveryJobHandler
from notifier.deliveries.fan_out import FanOut
from notifier.deliveries.gauges import DeliveryGauges, DeliveryQueueMonitor
from notifier.deliveries.health import SubscriptionHealth
from notifier.deliveries.housekeeping import DueLimit
from notifier.deliveries.limits import ConcurrencyLimits, KeyedLimit
from notifier.deliveries.lookup import SubscriptionLookup
from notifier.deliveries.postponed_jobs import PostponedJobs
from notifier.deliveries.queue_epoch import DeployedQueueEpoch, QueueEpoch
from notifier.deliveries.redrive import Redriver
from notifier.deliveries.requeue import Requeuer
from notifier.deliveries.retry_policy import RetryPolicy
from notifier.delivery_service import DeliveryService
from notifier.settings import NotifierSettings
from notifier.store.contract import NotifierStore
from notifier.subscriptions.mailboxes import MailboxSubscriptions, SubscriberForgetter
from notifier.subscriptions.queue_subscribers import QueueSubscribers
from notifier.subscriptions.service import SubscriptionService
from notifier.subscriptions.topology_restore import TopologyRestore
from notifier.topics.catalog import TopicCatalog
from notifier.topics.publisher import NewsletterPublisher
from shared.aws.clients import AwsClients
from shared.aws.names import Names
from shared.aws.queues import open_dead_letters, open_queue
from shared.aws.topology import Topology
from shared.clock import utc_now
from shared.consuming.consumer import Consumer, ConsumerLimits
from shared.consuming.metrics import MessageMetrics
from shared.domain.subscription import Channel
from shared.messages import announcement, delivery_job
from shared.messages.delivery_job import JobQueue

_ANNOUNCEMENTS_AT_ONCE = 32

ANNOUNCEMENTS_PACE = 0.25
"""Seconds for which announcements may gather: nobody watches a webhook or a mail come, as they do
the live streams, whose queue has no pace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDependencies:
    """What a delivery service is built of, whenever one is started."""

    settings: NotifierSettings
    clients: AwsClients
    names: Names
    topology: Topology
    store: NotifierStore
    catalog: TopicCatalog
    publisher: NewsletterPublisher
    links: LinkSigner
    senders: Mapping[Channel, Sender]
    mail: MailTransport
    confirmation_limits: ConfirmationLimits
    dropped_announcements: Counter
    messages: MessageMetrics
    delivery_gauges: DeliveryGauges

    @contextlib.asynccontextmanager
    async def open_service(self, stop: asyncio.Event) -> AsyncIterator[DeliveryService]:
        """Open the queues, which must exist, and build the service on them; `stop` will end it."""
        names, settings = self.names, self.settings
        limits = ConsumerLimits(
            concurrency=settings.deliveries_at_once, grace=settings.grace_seconds
        )
        opened = partial(open_queue, self.clients, wait_time=settings.poll_seconds)
        async with (
            opened(names.announcements) as announcements,
            opened(names.deliveries, names.deliveries_dead_letters) as jobs,
            open_dead_letters(self.clients, names.deliveries_dead_letters) as dead_letters,
        ):
            epoch = (QueueEpoch if self.topology.creates else DeployedQueueEpoch)(
                self.store, self.clients.sqs, jobs.url
            )
            await epoch.begin()
            postponed = PostponedJobs(store=self.store, jobs=jobs, clock=utc_now)
            handler = self._job_handler(jobs, postponed)
            queues = QueueSubscribers(self.clients, names, self.topology)
            redriver = Redriver(self.store, jobs, utc_now)
            fan_out = FanOut(
                self.store,
                SubscriptionLookup(self.store.subscribed),
                jobs,
                Backpressure(jobs, stop),
                utc_now,
                self.dropped_announcements,
            )
            subscriptions = SubscriptionService(
                store=self.store,
                store_id=settings.store_id,
                jobs=jobs,
                confirmation=handler.confirmation,
                queues=queues,
                redriver=redriver,
                clock=utc_now,
            )
            letters = DeliveryDeadLetterService(
                dead_letters=dead_letters, store=self.store, jobs=jobs, redriver=redriver
            )
            yield DeliveryService(
                subscriptions=subscriptions,
                dead_letters=letters,
                forgetter=SubscriberForgetter(
                    store=self.store,
                    subscriptions=subscriptions,
                    dead_letters=letters,
                    mail=self.mail,
                ),
                mailboxes=MailboxSubscriptions(self.store, subscriptions),
                topology=TopologyRestore(
                    catalog=self.catalog,
                    store=self.store,
                    queues=queues,
                    requeuer=Requeuer(
                        store=self.store,
                        jobs=jobs,
                        publisher=self.publisher,
                        epoch=epoch,
                        clock=utc_now,
                    ),
                    epoch=epoch,
                    clock=utc_now,
                ),
                postponed=postponed,
                due_limit=DueLimit(
                    self.store,
                    SubscriptionHealth(self.store, utc_now),
                    on_counted=self.delivery_gauges.due.set,
                ),
                queue_monitor=DeliveryQueueMonitor(
                    queues={"announcements": announcements, "deliveries": jobs},
                    dead_letters=dead_letters,
                    gauges=self.delivery_gauges,
                ),
                consumers=(
                    Consumer(
                        announcements,
                        fan_out.handle,
                        replace(
                            limits, concurrency=_ANNOUNCEMENTS_AT_ONCE, pace=ANNOUNCEMENTS_PACE
                        ),
                        log_fields=announcement.log_fields,
                        log_done=False,
                        count=self.messages.of("announcements"),
                        around=announcements.working_on,
                    ),
                    Consumer(
                        jobs,
                        handler.handle,
                        limits,
                        log_fields=delivery_job.log_fields,
                        log_done=False,
                        count=self.messages.of("deliveries"),
                        around=jobs.working_on,
                    ),
                ),
            )

    def _job_handler(self, jobs: JobQueue, postponed: PostponedJobs) -> DeliveryJobHandler:
        health = SubscriptionHealth(self.store, utc_now)
        settings = self.settings
        concurrency = ConcurrencyLimits(
            subscribers=KeyedLimit(settings.deliveries_per_subscriber),
            hosts=KeyedLimit(settings.deliveries_per_host),
        )
        return DeliveryJobHandler(
            Deliverer(
                store=self.store,
                senders=self.senders,
                limits=concurrency,
                retry_policy=RetryPolicy(settings.retry_seconds, settings.longest_attempt),
                health=health,
                clock=utc_now,
            ),
            Confirmation(
                store=self.store,
                senders=self.senders,
                jobs=jobs,
                concurrency=concurrency,
                limits=self.confirmation_limits,
                health=health,
                challenges=RetryPolicy(settings.challenge_retry_seconds),
                token_for=self.links.confirm_token,
                clock=utc_now,
            ),
            postponed,
        )
