"""What subscribers have heard, and all else that the invariants of subscribers are judged by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.editors import Issue


@dataclass(frozen=True, slots=True)
class Heard:
    """One receipt of an issue, which began at a time of day; those of one have the same `key`."""

    key: str
    subject: str
    at: float


@dataclass
class Notes:
    """What one subscriber has noted.

    `resets` is how often a live stream was told that it may have a gap. `ended_at` is when it was
    told that it is unsubscribed.
    """

    name: str
    topics: frozenset[str]
    is_live: bool = False
    agreed: bool = True
    heard: list[Heard] = field(default_factory=list)
    resets: int = 0
    ended_at: float | None = None

    @property
    def stays(self) -> bool:
        """Whether it has agreed, and has not unsubscribed."""
        return self.agreed and self.ended_at is None

    @property
    def subjects(self) -> Sequence[str]:
        """The subjects of what was heard, once it was deduplicated."""
        return list({heard.key: heard.subject for heard in self.heard}.values())

    def missing(self, accepted: Sequence[Issue]) -> Sequence[Issue]:
        """List the issues that it should have heard, and has not."""
        heard = set(self.subjects)
        return [
            issue for issue in accepted if issue.topic in self.topics and issue.subject not in heard
        ]


@dataclass(frozen=True, slots=True)
class Audience:
    """All that is known of a run. `attempted` has the topic of each subject that may be out.

    `secrets` are what must not be in `logs`, the services' lines, nor in their `metrics`.
    """

    accepted: Sequence[Issue]
    attempted: Mapping[str, str]
    subscribers: Sequence[Notes]
    secrets: Sequence[str] = ()
    logs: Sequence[Mapping[str, Any]] = ()
    metrics: str = ""
