"""The archive: the last issues of each topic, as anyone may read them."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from notifier.store.contract import TopicStore
from shared.clock import Clock
from shared.domain.issue import Issue
from shared.messages.announcement import CloudEvent
from shared.runtime.ttl_cache import TtlCache

SHOWN = 10
"""How many issues of a topic are in the archive."""

_SECONDS = 5


@dataclass(frozen=True, slots=True)
class ArchivedIssue:
    """An issue that was published, and its body in HTML."""

    issue: Issue
    subject: str
    html: str


@dataclass
class IssueArchive:
    """Reads the issues every few seconds at most, and renders each once: strangers ask for them.

    `render` makes HTML of Markdown.
    """

    store: TopicStore
    render: Callable[[str], str]
    clock: Clock
    _rendered: dict[str, ArchivedIssue] = field(default_factory=dict)

    @functools.cached_property
    def _by_topic(self) -> TtlCache[Mapping[str, Sequence[ArchivedIssue]]]:
        return TtlCache(self._read, _SECONDS)

    async def last(self, topic: str) -> Sequence[ArchivedIssue]:
        """Give the last issues of a topic, the newest first; raises StoreUnavailableError."""
        return (await self._by_topic.get()).get(topic, ())

    async def _read(self) -> Mapping[str, Sequence[ArchivedIssue]]:
        now, shown = self.clock(), defaultdict[str, list[ArchivedIssue]](list)
        for issue in await self.store.issues():
            if issue.at <= now and len(shown[issue.topic]) < SHOWN:
                shown[issue.topic].append(self._rendered.get(issue.id) or self._show(issue))
        self._rendered = {one.issue.id: one for listed in shown.values() for one in listed}
        return shown

    def _show(self, issue: Issue) -> ArchivedIssue:
        data = CloudEvent.model_validate_json(issue.event).data
        return ArchivedIssue(issue, str(data["subject"]), self.render(str(data["body"])))
