"""The objects that the notifier's routes use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from notifier.channels.email.links import LinkSigner
from notifier.channels.email.sender import MailProofs
from notifier.deliveries.attempts import AttemptCounts
from notifier.deliveries.issue_reports import IssueReports
from notifier.delivery_service import DeliverySupervisor
from notifier.stream.hub import Hub
from notifier.stream.live_queue import LiveQueue
from notifier.stream.response import StreamTimes
from notifier.topics.archive import IssueArchive
from notifier.topics.catalog import TopicCatalog
from notifier.topics.publisher import NewsletterPublisher
from shared.aws.names import Names
from shared.domain.webhook_url import WebhookUrlRules
from shared.runtime.ttl_cache import TtlCache
from shared.store.staff_contract import ChangeStore, StaffKeyStore
from shared.web.pages.shell import ShopFace
from shared.web.rate_limit import RateLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierContext:
    """What the handlers use.

    `topics` has their descriptions, and `subscriber_counts` the number of active subscriptions of
    each; both may be a few seconds old, so that anybody may ask for them.
    """

    names: Names
    staff_keys: StaffKeyStore
    changes: ChangeStore
    catalog: TopicCatalog
    topics: TtlCache[Mapping[str, str]]
    subscriber_counts: TtlCache[Mapping[str, int]]
    archive: IssueArchive
    publisher: NewsletterPublisher
    proofs: MailProofs
    issue_reports: IssueReports
    attempts: AttemptCounts
    links: LinkSigner
    face: TtlCache[ShopFace]
    rules: WebhookUrlRules
    rate_limit: RateLimit
    deliveries: DeliverySupervisor
    hub: Hub
    live_queue: LiveQueue
    stream_times: StreamTimes


NOTIFIER: web.AppKey[NotifierContext] = web.AppKey("NOTIFIER", NotifierContext)
