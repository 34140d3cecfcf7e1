"""Constructs the notifier's objects; `build_deliveries` and `build_stream` construct two parts."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from functools import partial
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter

from notifier.build_deliveries import DeliveryDependencies
from notifier.build_stream import build_feed, build_hub
from notifier.channels.channel import Sender
from notifier.channels.email.composing import Composer
from notifier.channels.email.folder import MailFolder
from notifier.channels.email.links import LinkSigner
from notifier.channels.email.rendering import new_templates
from notifier.channels.email.sender import MailProofs, MailSender, MailTransport
from notifier.channels.email.smtp import MailMetrics, SmtpTransport
from notifier.channels.webhook.sender import WebhookSender
from notifier.channels.webhook.session import webhook_session
from notifier.context import NotifierContext
from notifier.deliveries.attempts import AttemptCounts, CountedSender
from notifier.deliveries.confirmation_limits import (
    ConfirmationLimits,
    ConfirmationMetrics,
    MostConfirmations,
)
from notifier.deliveries.gauges import DeliveryGauges
from notifier.deliveries.health import SubscriptionHealth
from notifier.deliveries.housekeeping import Housekeeping
from notifier.deliveries.issue_reports import IssueReports
from notifier.delivery_service import DeliverySupervisor
from notifier.http.pages.face import recorded_face
from notifier.settings import NotifierSettings
from notifier.store.factory import open_notifier_store
from notifier.stream.hub import StreamMetrics
from notifier.stream.response import StreamTimes
from notifier.topics.archive import IssueArchive
from notifier.topics.catalog import TopicCatalog
from notifier.topics.publisher import NewsletterPublisher, open_sns_topics
from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.queues import watching_broker
from shared.aws.topology import new_topology
from shared.clock import utc_now
from shared.consuming.metrics import MessageMetrics
from shared.domain.subscription import Channel
from shared.domain.webhook_url import WebhookUrlRules
from shared.runtime.lifecycle import background_task, every
from shared.runtime.ttl_cache import TtlCache
from shared.store.contract import ValueKey
from shared.web.rate_limit import RateLimit

_HOUSEKEEPING_SECONDS = 600
_PAST_ORDERS_SECONDS = 6 * 3600
_SHOWN_SECONDS = 2.0
"""How old may be what anybody may ask for."""

_COUNTED_IN_A_SECOND = 1000
"""DynamoDB reads every active subscription to count them, forty in a read unit: so 25 units a
second at most, however many there are, and however often somebody asks."""


@contextlib.asynccontextmanager
async def build_notifier(
    settings: NotifierSettings, broker_reset: asyncio.Event, registry: CollectorRegistry
) -> AsyncIterator[NotifierContext]:
    """Build the notifier, and run its background tasks for as long as the block lasts.

    SQS and SNS need not be within reach. `broker_reset` is set when queues and topics may have
    lost their contents; metrics go to `registry`.
    """
    names, rules = Names(settings.name_prefix), WebhookUrlRules(settings.allow_loopback_webhooks)
    async with (
        aws_clients(settings) as clients,
        open_notifier_store(settings, clients.dynamodb, utc_now) as store,
        contextlib.nullcontext(
            new_topology(clients, names, creates=settings.provision)
        ) as topology,
        open_sns_topics(clients.sns, topology) as sns_topics,
        webhook_session(rules, seconds=settings.webhook_seconds) as session,
        webhook_session(rules, seconds=settings.challenge_seconds) as challenges,
    ):
        link_secret = await store.get_or_set_value(ValueKey.LINK_SECRET, secrets.token_urlsafe(32))
        links = LinkSigner(link_secret, settings.own_url)
        templates = new_templates()
        catalog = TopicCatalog(store, topology)
        publisher = NewsletterPublisher(store, sns_topics, settings.store_id, utc_now)
        composer = Composer(
            sender=settings.mail_from, links=links, templates=templates, clock=utc_now
        )
        mail = _mail_transport(settings, registry)
        senders: Mapping[Channel, Sender] = {
            Channel.WEBHOOK: WebhookSender(
                session=session, challenge_session=challenges, rules=rules, clock=utc_now
            ),
            Channel.EMAIL: MailSender(mail, composer),
        }
        attempts = AttemptCounts(registry, utc_now)
        proofs = MailProofs(composer, mail, settings.store_id, utc_now)
        dependencies = DeliveryDependencies(
            settings=settings,
            clients=clients,
            names=names,
            topology=topology,
            store=store,
            catalog=catalog,
            publisher=publisher,
            links=links,
            dropped_announcements=Counter(
                "coffeeshop_announcements_dropped",
                "Announcements of issues that are not on record.",
                registry=registry,
            ),
            senders={
                channel: CountedSender(sender, channel, attempts)
                for channel, sender in senders.items()
            },
            mail=mail,
            messages=MessageMetrics.on(registry),
            delivery_gauges=DeliveryGauges(registry),
            confirmation_limits=ConfirmationLimits(
                pending=store,
                digest=links.digest,
                most=_most_confirmations(settings),
                metrics=ConfirmationMetrics(registry),
                clock=utc_now,
            ),
        )
        deliveries = DeliverySupervisor(dependencies.open_service, catalog, broker_reset)
        housekeeping = Housekeeping(store, SubscriptionHealth(store, utc_now), utc_now)
        hub = build_hub(settings, StreamMetrics(registry))
        async with (
            background_task(every(_HOUSEKEEPING_SECONDS, housekeeping.tidy), "housekeeping"),
            background_task(
                every(_PAST_ORDERS_SECONDS, housekeeping.end_past_orders), "past orders"
            ),
            background_task(
                publisher.announce_all_overdue(settings.overdue_seconds), "overdue issues"
            ),
            background_task(publisher.announce_held(), "held issues"),
            deliveries.supervised(
                watching_broker(
                    clients,
                    names.announcements,
                    catalog.ensure_queues,
                    lambda _: broker_reset.set(),
                )
                if settings.watch_broker
                else contextlib.nullcontext()
            ),
            build_feed(hub, settings, catalog.all, store) as live_queue,
        ):
            yield NotifierContext(
                names=names,
                staff_keys=store,
                changes=store,
                catalog=catalog,
                topics=TtlCache(catalog.all, _SHOWN_SECONDS),
                subscriber_counts=TtlCache(store.count_active, counts_fresh),
                archive=IssueArchive(store, proofs.html, utc_now),
                publisher=publisher,
                proofs=proofs,
                issue_reports=IssueReports(store, utc_now),
                attempts=attempts,
                links=links,
                face=TtlCache(partial(recorded_face, store), _SHOWN_SECONDS),
                rules=rules,
                rate_limit=RateLimit(settings.subscriptions_per_minute, time.monotonic),
                deliveries=deliveries,
                hub=hub,
                live_queue=live_queue,
                stream_times=StreamTimes(settings.heartbeat_seconds, settings.stalled_seconds),
            )


def counts_fresh(counts: Mapping[str, int]) -> float:
    """Return for how many seconds counts of subscriptions are shown: many are not counted often."""
    return max(_SHOWN_SECONDS, sum(counts.values()) / _COUNTED_IN_A_SECOND)


def _most_confirmations(settings: NotifierSettings) -> MostConfirmations:
    return MostConfirmations(
        per_client=settings.confirmations_per_client,
        per_client_and_domain=settings.confirmations_per_client_and_domain,
        per_client_and_host=settings.challenges_per_client_and_host,
        per_domain=settings.confirmations_per_domain,
        per_mailbox=settings.confirmations_per_mailbox,
        mails_per_hour=settings.confirmation_mails_per_hour,
        requests_per_hour=settings.confirmation_requests_per_hour,
    )


def _mail_transport(settings: NotifierSettings, registry: CollectorRegistry) -> MailTransport:
    match settings.mail_goes_to:
        case Path() as folder:
            keep = dt.timedelta(days=settings.keep_mail_days)
            return MailFolder(folder, utc_now, keep, with_parents=not settings.state_is_made)
        case server:
            return SmtpTransport(
                server,
                ssl.create_default_context(),
                MailMetrics(registry),
                ehlo_name=settings.smtp_ehlo_name,
            )
