"""The press: newsletter issues, recorded first and announced then, so that none is lost."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from notifier.topics.publishers import Publishers
from shared.aws.batcher import EntryFailedError
from shared.aws.errors import AwsUnavailableError
from shared.domain.issue import Issue
from shared.messages.announcement import CloudEvent
from shared.runtime.clock import Clock
from shared.store.subscription_contract import TopicStore

log = structlog.stdlib.get_logger(__name__)

PUBLISHED = "coffeeshop.newsletter.published.v1"
_MOST_AT_ONCE = 100


class Press:
    """Publishes issues. One that was accepted is announced, if not now, then later."""

    def __init__(
        self, store: TopicStore, publishers: Publishers, store_id: str, clock: Clock
    ) -> None:
        self._store = store
        self._publishers = publishers
        self._store_id = store_id
        self._clock = clock

    async def publish(
        self, topic: str, subject: str, body: str, data: Mapping[str, Any], correlation_id: str
    ) -> str:
        """Accept an issue, and announce it if the topic can be reached; return its id.

        Raises StoreUnavailableError.
        """
        now = self._clock()
        event = CloudEvent(
            id=secrets.token_hex(16),
            source=f"/stores/{self._store_id}",
            type=PUBLISHED,
            subject=topic,
            time=now,
            correlationid=correlation_id,
            data={**data, "topic": topic, "subject": subject, "body": body},
        )
        issue = Issue(event.id, topic, event.model_dump_json(exclude_none=True), now)
        await self._store.add_issue(issue)
        await self._announce(issue)
        return issue.id

    async def announce_again(self) -> int:
        """Announce issues of which it is not certain that all subscribers get them."""
        issues = await self._store.unannounced_issues(_MOST_AT_ONCE)
        return await self._announce_all(issues)

    async def announce_overdue(self, seconds: float) -> None:
        """Announce again what was accepted so long ago, and has not reached the log since."""
        issues = await self._store.unannounced_issues(_MOST_AT_ONCE)
        before = self._clock() - dt.timedelta(seconds=seconds)
        await self._announce_all([issue for issue in issues if issue.at < before])

    async def _announce_all(self, issues: Sequence[Issue]) -> int:
        """Announce one after the other, as far as SNS can be reached; say how many."""
        for count, issue in enumerate(issues):
            if not await self._announce(issue):
                return count
        return len(issues)

    async def _announce(self, issue: Issue) -> bool:
        event = CloudEvent.model_validate_json(issue.event)
        attributes = {"store_id": self._store_id, "topic": issue.topic}
        try:
            await self._publishers.publish(issue.topic, event, attributes)
        except (AwsUnavailableError, EntryFailedError) as error:
            log.warning("issue.not_announced_yet", issue=issue.id, error=str(error))
            return False
        return True
