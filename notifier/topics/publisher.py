"""The publisher: newsletter issues, recorded first and announced then, so that none is lost."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from notifier.store.contract import TopicStore
from notifier.topics.sns_topics import SnsTopics
from shared.aws.batcher import EntryFailedError
from shared.aws.errors import AwsUnavailableError
from shared.clock import Clock
from shared.domain.issue import Issue
from shared.messages.announcement import NEWSLETTER_PUBLISHED, CloudEvent

log = structlog.stdlib.get_logger(__name__)

MOST_AT_ONCE = 100
_LONGEST_PATIENCE = dt.timedelta(hours=1)


class KeyReusedError(Exception):
    """Another issue was accepted under the idempotency key."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What staff have written; `data` is what the issue brings along beside it."""

    topic: str
    subject: str
    body: str
    data: Mapping[str, Any]

    @property
    def told(self) -> dict[str, Any]:
        """What subscribers are told."""
        return {**self.data, "topic": self.topic, "subject": self.subject, "body": self.body}


class NewsletterPublisher:
    """Publishes issues. One that was accepted is announced, if not now, then later."""

    def __init__(
        self, store: TopicStore, publishers: SnsTopics, store_id: str, clock: Clock
    ) -> None:
        self._store = store
        self._publishers = publishers
        self._store_id = store_id
        self._clock = clock
        self._patience: dict[str, dt.datetime] = {}

    async def publish(self, draft: Draft, correlation_id: str, key: str | None = None) -> str:
        """Accept an issue, and announce it if the topic can be reached; return its id.

        Under the same key it is accepted once. Raises KeyReusedError when that was another, and
        StoreUnavailableError.
        """
        event = CloudEvent(
            id=secrets.token_hex(16) if key is None else self._id_of(key),
            source=f"/stores/{self._store_id}",
            type=NEWSLETTER_PUBLISHED,
            subject=draft.topic,
            time=self._clock(),
            correlationid=correlation_id,
            data=draft.told,
        )
        written = event.model_dump_json(exclude_none=True)
        issue = await self._store.add_issue(Issue(event.id, draft.topic, written, event.time))
        if CloudEvent.model_validate_json(issue.event).data != draft.told:
            raise KeyReusedError
        if key is None or not await self._store.is_announced(issue.id):
            await self._announce(issue)
        return issue.id

    def _id_of(self, key: str) -> str:
        return hashlib.sha256(f"{self._store_id}/{key}".encode()).hexdigest()[:32]

    async def announce_again(self, most: int) -> int:
        """Announce issues of which it is not certain that all subscribers get them, the oldest."""
        issues = await self._store.unannounced_issues(most)
        return await self._announce_all(issues)

    async def announce_overdue(self, seconds: float) -> None:
        """Announce again what was accepted so long ago, and has not reached the log since.

        What SNS has taken is given as long again as it has waited by then, up to an hour: when it
        is the log that is slow, more of the same does not help it.
        """
        issues = await self._store.unannounced_issues(MOST_AT_ONCE)
        before = self._clock() - dt.timedelta(seconds=seconds)
        self._patience = {i.id: self._patience[i.id] for i in issues if i.id in self._patience}
        await self._announce_all([issue for issue in issues if self._again_at(issue) < before])

    def _again_at(self, issue: Issue) -> dt.datetime:
        return self._patience.get(issue.id, issue.at)

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
        now = self._clock()
        self._patience[issue.id] = now + min(now - issue.at, _LONGEST_PATIENCE)
        return True
