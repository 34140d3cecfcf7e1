"""Publishes newsletter issues: each is recorded first and announced then, so that none is lost."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from notifier.store.contract import TopicStore
from shared.aws.batcher import EntryFailedError
from shared.aws.clients import AwsUnavailableError
from shared.aws.topics import Topic
from shared.aws.topology import Topology
from shared.clock import Clock
from shared.domain.errors import UnavailableError
from shared.domain.issue import Issue
from shared.messages.announcement import NEWSLETTER_PUBLISHED, CloudEvent
from shared.runtime.lifecycle import every

if TYPE_CHECKING:
    from types_aiobotocore_sns import SNSClient

log = structlog.stdlib.get_logger(__name__)

MOST_ANNOUNCED = 100
"""How many issues are announced again in one go."""

UNDO = dt.timedelta(minutes=1)
"""How long a held issue can be withdrawn."""

_LONGEST_WAIT = dt.timedelta(hours=1)
_SKEW = dt.timedelta(seconds=1)
"""By how much the clocks of two notifiers may differ: a held issue is announced so much later."""


class KeyReusedError(Exception):
    """Another issue was accepted under the idempotency key."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An issue as staff have written it; `data` are further fields of its event."""

    topic: str
    subject: str
    body: str
    data: Mapping[str, Any]

    @property
    def event_data(self) -> dict[str, Any]:
        """The `data` of the issue's event."""
        return {**self.data, "topic": self.topic, "subject": self.subject, "body": self.body}


@dataclass(frozen=True, slots=True)
class SnsTopics:
    """Publishes to topics by name; where the shop creates them, on first use."""

    sns: SNSClient
    topology: Topology
    _topics: dict[str, Topic] = field(default_factory=dict, init=False)

    async def publish(self, topic: str, event: CloudEvent, attributes: Mapping[str, str]) -> None:
        """Return once SNS has confirmed; raises AwsUnavailableError or EntryFailedError."""
        if topic not in self._topics:
            (arn,) = await self.topology.topic_arns([topic])
            self._topics.setdefault(topic, Topic(self.sns, arn))
        await self._topics[topic].publish(event, attributes, topic)

    async def close(self) -> None:
        """Return when everything that was submitted is published."""
        await asyncio.gather(*(topic.close() for topic in self._topics.values()))


@contextlib.asynccontextmanager
async def open_sns_topics(sns: SNSClient, topology: Topology) -> AsyncIterator[SnsTopics]:
    """Publish to topics for as long as the block lasts."""
    topics = SnsTopics(sns, topology)
    try:
        yield topics
    finally:
        await topics.close()


@dataclass(frozen=True, slots=True)
class NewsletterPublisher:
    """Publishes issues. Every accepted issue is announced, at once or later."""

    store: TopicStore
    topics: SnsTopics
    store_id: str
    clock: Clock
    _counted_from: dict[str, dt.datetime] = field(default_factory=dict, init=False)
    """By issue: when its wait for the next announcement begins."""

    _held: asyncio.Queue[Issue] = field(default_factory=asyncio.Queue, init=False)
    _waiting: set[str] = field(default_factory=set, init=False)
    """The ids of those that are held: a request that was repeated holds nothing twice."""

    async def publish(
        self, draft: Draft, correlation_id: str, key: str | None = None, *, hold: bool = False
    ) -> Issue:
        """Accept an issue, announce it if SNS is within reach, and return it as it is recorded.

        A held one is announced after `UNDO`, unless it is withdrawn before.
        The same key is accepted once. Raises KeyReusedError when it was used for another issue,
        and StoreUnavailableError.
        """
        event = CloudEvent(
            id=secrets.token_hex(16) if key is None else self._id_of(key),
            source=f"/stores/{self.store_id}",
            type=NEWSLETTER_PUBLISHED,
            subject=draft.topic,
            time=self.clock() + (UNDO if hold else dt.timedelta()),
            correlationid=correlation_id,
            data=draft.event_data,
        )
        body = event.model_dump_json(exclude_none=True)
        issue = await self.store.add_issue(Issue(event.id, draft.topic, body, event.time))
        if CloudEvent.model_validate_json(issue.event).data != draft.event_data:
            raise KeyReusedError
        if self._is_held(issue):
            self._hold(issue)
        elif key is None or not await self.store.is_announced(issue.id):
            await self._announce(issue)
        return issue

    def _hold(self, issue: Issue) -> None:
        if not issue.withdrawn and issue.id not in self._waiting:
            self._waiting.add(issue.id)
            self._held.put_nowait(issue)

    async def withdraw(self, issue_id: str) -> bool:
        """Withdraw a held issue; return whether it was still held."""
        return await self.store.withdraw_issue(issue_id, self.clock())

    async def announce_held(self) -> None:
        """Announce held issues when they are due, until cancelled.

        Those of an earlier process are overdue a little later.
        """
        while True:
            issue = await self._held.get()  # all are held for as long: the first one is due first
            await asyncio.sleep((issue.at + _SKEW - self.clock()).total_seconds())
            with contextlib.suppress(UnavailableError):  # then it will be overdue
                found = await self.store.issue(issue.id)
                if found is not None and not found.withdrawn:
                    await self._announce(issue)
            self._waiting.discard(issue.id)

    def _is_held(self, issue: Issue) -> bool:
        return issue.at > self.clock()

    def _id_of(self, key: str) -> str:
        return hashlib.sha256(f"{self.store_id}/{key}".encode()).hexdigest()[:32]

    async def announce_again(self, most: int) -> int:
        """Announce the oldest issues that may not have reached all subscribers; count them."""
        issues = await self.store.unannounced_issues(most)
        return await self._announce_all([one for one in issues if not self._is_held(one)])

    async def announce_all_overdue(self, seconds: float) -> None:
        """Announce overdue issues again and again, until cancelled.

        The first time comes after `seconds`: issues of an earlier process may be on their way.
        """
        await asyncio.sleep(seconds)
        await every(seconds, partial(self.announce_overdue, seconds))

    async def announce_overdue(self, seconds: float) -> None:
        """Announce again the issues that have not reached the log `seconds` after acceptance.

        After an announcement that SNS took, the wait doubles, up to an hour: when the log is
        slow, more announcements do not help it.
        """
        issues = await self.store.unannounced_issues(MOST_ANNOUNCED)
        before = self.clock() - dt.timedelta(seconds=seconds)
        for issue_id in self._counted_from.keys() - {issue.id for issue in issues}:
            del self._counted_from[issue_id]
        await self._announce_all(
            [issue for issue in issues if self._counted_from.get(issue.id, issue.at) < before]
        )

    async def _announce_all(self, issues: Sequence[Issue]) -> int:
        """Announce one after the other, until SNS cannot be reached; return how many."""
        for count, issue in enumerate(issues):
            if not await self._announce(issue):
                return count
        return len(issues)

    async def _announce(self, issue: Issue) -> bool:
        event = CloudEvent.model_validate_json(issue.event)
        attributes = {"store_id": self.store_id, "topic": issue.topic}
        try:
            await self.topics.publish(issue.topic, event, attributes)
        except (AwsUnavailableError, EntryFailedError) as error:
            log.warning("issue.not_announced_yet", issue=issue.id, error=str(error))
            return False
        now = self.clock()
        self._counted_from[issue.id] = now + min(now - issue.at, _LONGEST_WAIT)
        return True
