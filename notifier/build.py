"""How the notifier is put together: what it needs at once, and what it opens when it can."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aiohttp import web
from jinja2 import Environment

from notifier.channels.channel import Sender
from notifier.channels.email.addresses import named_sender
from notifier.channels.email.composing import Composer
from notifier.channels.email.confirmation_rate_limit import ConfirmationRateLimit
from notifier.channels.email.folder import MailFolder
from notifier.channels.email.links import LinkSigner
from notifier.channels.email.rendering import new_templates
from notifier.channels.email.sender import MailSender, MailTransport
from notifier.channels.email.smtp import SmtpTransport
from notifier.channels.webhook.sender import WebhookSender
from notifier.channels.webhook.session import webhook_session
from notifier.deliveries.health import SubscriptionHealth
from notifier.deliveries.housekeeping import Housekeeping
from notifier.delivery_service import Surroundings
from notifier.delivery_supervisor import DeliverySupervisor
from notifier.settings import NotifierSettings
from notifier.store.contract import NotifierStore
from notifier.store.factory import open_notifier_store
from notifier.topics.catalog import TopicCatalog
from notifier.topics.publisher import NewsletterPublisher
from notifier.topics.sns_topics import open_sns_topics
from notifier.topics.subscriber_counts import SubscriberCounts
from shared.aws.clients import AwsClients, aws_clients
from shared.aws.errors import reaching
from shared.aws.names import Names
from shared.aws.provisioning import provision_announcements
from shared.clock import utc_now
from shared.domain.subscription import Channel
from shared.domain.webhook_url import WebhookUrlRules
from shared.runtime.lifecycle import background_task, every
from shared.store.contract import ValueKey
from shared.web.rate_limit import RateLimit

_PROVISION_SECONDS = 15.0
_TIDY_SECONDS = 600
_PAST_ORDERS_SECONDS = 6 * 3600


@dataclass(frozen=True, slots=True)
class Notifier:
    """What the routes find; the office may be out of reach at first."""

    store: NotifierStore
    catalog: TopicCatalog
    subscriber_counts: SubscriberCounts
    publisher: NewsletterPublisher
    links: LinkSigner
    templates: Environment
    rules: WebhookUrlRules
    rate_limit: RateLimit
    hours: DeliverySupervisor


NOTIFIER: web.AppKey[Notifier] = web.AppKey("NOTIFIER", Notifier)


@contextlib.asynccontextmanager
async def build_notifier(
    settings: NotifierSettings, broker_reset: asyncio.Event
) -> AsyncIterator[Notifier]:
    """Open what there is on this machine, and then the office, if it can be within a moment.

    `broker_reset` tells that queues and topics may have lost what was in them.
    """
    names, rules = Names(settings.name_prefix), WebhookUrlRules(settings.allow_loopback_webhooks)
    async with (
        aws_clients(settings) as clients,
        open_notifier_store(settings, clients.dynamodb, utc_now) as store,
        open_sns_topics(clients, names) as publishers,
        webhook_session(rules, seconds=settings.webhook_seconds) as session,
        webhook_session(rules, seconds=settings.webhook_seconds) as challenges,
    ):
        link_secret = await store.get_or_set_value(ValueKey.LINK_SECRET, secrets.token_urlsafe(32))
        links = LinkSigner(link_secret, settings.own_url)
        templates = new_templates()
        catalog = TopicCatalog(store, partial(_provision, clients, names))
        publisher = NewsletterPublisher(store, publishers, settings.store_id, utc_now)
        composer = Composer(
            sender=named_sender(settings.mail_from), links=links, templates=templates, clock=utc_now
        )
        senders: dict[Channel, Sender] = {
            Channel.WEBHOOK: WebhookSender(
                session=session, challenge_session=challenges, rules=rules, clock=utc_now
            ),
            Channel.EMAIL: ConfirmationRateLimit(
                sender=MailSender(_mail_transport(settings), composer),
                pending=store,
                digest=links.digest,
                clock=utc_now,
            ),
        }
        around = Surroundings(settings, clients, store, catalog, publisher, senders, links)
        hours = DeliverySupervisor(around, broker_reset)
        notifier = Notifier(
            store,
            catalog,
            SubscriberCounts(store),
            publisher,
            links,
            templates,
            rules,
            RateLimit(settings.subscriptions_per_minute, time.monotonic),
            hours,
        )
        housekeeping = Housekeeping(store, SubscriptionHealth(store, utc_now), utc_now)
        async with (
            background_task(every(_TIDY_SECONDS, housekeeping.tidy), "housekeeping"),
            background_task(
                every(_PAST_ORDERS_SECONDS, housekeeping.end_past_orders), "past orders"
            ),
            background_task(
                _announce_overdue(publisher, settings.overdue_seconds), "overdue issues"
            ),
            hours.kept(),
        ):
            yield notifier


async def _announce_overdue(publisher: NewsletterPublisher, seconds: float) -> None:
    """Give the issues of an earlier life time as well: they may be on their way."""
    await asyncio.sleep(seconds)
    await every(seconds, partial(publisher.announce_overdue, seconds))


async def _provision(clients: AwsClients, names: Names, topics: Collection[str]) -> None:
    async with reaching("SQS or SNS", _PROVISION_SECONDS):
        await provision_announcements(clients, names, topics)


def _mail_transport(settings: NotifierSettings) -> MailTransport:
    match settings.mail_goes_to:
        case Path() as folder:
            return MailFolder(folder, utc_now)
        case server:
            return SmtpTransport(server, ssl.create_default_context())
