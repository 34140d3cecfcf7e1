"""Editors: they publish newsletter issues, retry until accepted, and keep a log."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp

from tests.support.waiting import eventually
from tests.support.web import AS_STAFF

_TIMEOUT = aiohttp.ClientTimeout(total=10)
_AGAIN_SECONDS = 0.1
_PUBLISHED_WITHIN = 120


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue that was accepted; its `subject` is unique to that attempt."""

    id: str
    topic: str
    subject: str
    asked_at: float = 0.0
    """The time of day."""


@dataclass
class Editors:
    """The editors of one shop's newsletters."""

    http: aiohttp.ClientSession
    accepted: list[Issue] = field(default_factory=list)
    attempted: dict[str, str] = field(default_factory=dict)
    """The topic of every subject that was sent, accepted or not."""

    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def publish_all(self, topics: Sequence[str], rate: float) -> None:
        """Publish an issue to each of these topics in turn, `rate` of them in each second."""
        start = time.monotonic()
        async with asyncio.TaskGroup() as publishing:
            for position, topic in enumerate(topics):
                await asyncio.sleep(start + position / rate - time.monotonic())
                publishing.create_task(self.publish(topic))

    async def have_published(self, enough: int) -> None:
        """Wait until so many issues are accepted."""
        await eventually(lambda: len(self.accepted) >= enough, _PUBLISHED_WITHIN)

    async def publish(self, topic: str) -> Issue:
        """Publish an issue; without an answer, publish another, as the first may be published."""
        while True:
            subject = f"Issue {next(self._numbers)} of {topic}"
            self.attempted[subject] = topic
            asked_at = time.time()
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with self.http.post(
                    f"/topics/{topic}/messages",
                    json={"subject": subject, "body": "Read on."},
                    headers=AS_STAFF,
                    timeout=_TIMEOUT,
                ) as response:
                    if response.status == HTTPStatus.ACCEPTED:
                        issue_id = (await response.json())["id"]
                        self.accepted.append(Issue(issue_id, topic, subject, asked_at))
                        return self.accepted[-1]
            await asyncio.sleep(_AGAIN_SECONDS)
