"""What subscribers have received, and the other evidence of a run with subscribers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.editors import Issue


@dataclass(frozen=True, slots=True)
class Received:
    """One receipt of an issue, at a time of day; repeated receipts have the same `key`."""

    key: str
    subject: str
    at: float


@dataclass
class Notes:
    """What one subscriber has noted.

    `resets` counts the reset events of a live stream, which announce a gap. `ended_at` is when the
    subscriber got the answer to its unsubscription.
    """

    name: str
    topics: frozenset[str]
    is_live: bool = False
    agreed: bool = True
    received: list[Received] = field(default_factory=list)
    resets: int = 0
    ended_at: float | None = None

    @property
    def stays(self) -> bool:
        """Whether it has agreed, and has not unsubscribed."""
        return self.agreed and self.ended_at is None

    @property
    def subjects(self) -> Sequence[str]:
        """The subjects received, without duplicates."""
        return list({one.key: one.subject for one in self.received}.values())

    def missing(self, accepted: Sequence[Issue]) -> Sequence[Issue]:
        """List the accepted issues of its topics that it has not received."""
        received = set(self.subjects)
        return [
            issue
            for issue in accepted
            if issue.topic in self.topics and issue.subject not in received
        ]


@dataclass(frozen=True, slots=True)
class Audience:
    """The evidence of a run. `attempted` has the topic of each subject that may be published.

    `secrets` must be neither in `logs`, the services' log lines, nor in their `metrics`.
    """

    accepted: Sequence[Issue]
    attempted: Mapping[str, str]
    subscribers: Sequence[Notes]
    secrets: Sequence[str] = ()
    logs: Sequence[Mapping[str, Any]] = ()
    metrics: str = ""
