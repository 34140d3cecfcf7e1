"""Judges what subscribers have heard: everything that is for them, nothing else, and no secrets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from tests.chaos.audience import Audience
from tests.chaos.invariants import Violation

ON_ITS_WAY_SECONDS = 0.25
"""What was begun may still arrive when its subscriber is told that it is over: it had been looked
up, and was being dialled and sent. Nothing else may."""


def audience_violations(audience: Audience) -> Sequence[Violation]:
    """Hold every invariant of subscribers against what they have heard."""
    return [
        Violation(invariant, detail)
        for invariant, broken in INVARIANTS.items()
        for detail in broken(audience)
    ]


def everybody_hears_each_issue_once(audience: Audience) -> Iterator[str]:
    """I5: each accepted issue of their topics, once it is deduplicated; of other topics nothing."""
    for notes in audience.subscribers:
        if notes.stays and not notes.is_live:
            for issue in notes.missing(audience.accepted):
                yield f"{notes.name} has missed {issue.subject!r}"
        for subject, count in Counter(notes.subjects).items():
            if audience.attempted.get(subject) not in notes.topics:
                yield f"{notes.name} has heard {subject!r}"
            if count > 1:
                yield f"{notes.name} has heard {subject!r} as {count} issues"


def no_stream_has_a_gap_unless_told(audience: Audience) -> Iterator[str]:
    """I13."""
    for notes in audience.subscribers:
        if notes.is_live and not notes.resets:
            for issue in notes.missing(audience.accepted):
                yield f"{notes.name} has missed {issue.subject!r}, and was told of no gap"


def only_who_has_agreed_hears_anything(audience: Audience) -> Iterator[str]:
    """I14: nothing before they have agreed, and nothing after they have unsubscribed."""
    for notes in audience.subscribers:
        if notes.heard and not notes.agreed:
            yield f"{notes.name} has heard {len(notes.heard)} issues and has not agreed"
        until = None if notes.ended_at is None else notes.ended_at + ON_ITS_WAY_SECONDS
        late = [heard for heard in notes.heard if until is not None and heard.at > until]
        if late:
            yield f"{notes.name} has heard {len(late)} issues after it was unsubscribed"


def no_secret_is_told(audience: Audience) -> Iterator[str]:
    """I15: addresses, URLs, tokens and keys are in no log line and no metric."""
    public = audience.metrics + json.dumps(
        [dict(line) for line in audience.logs], ensure_ascii=False
    )
    for secret in audience.secrets:
        if secret in public:
            yield f"{secret!r} was logged or counted"


INVARIANTS: Mapping[str, Callable[[Audience], Iterator[str]]] = MappingProxyType(
    {
        "I5": everybody_hears_each_issue_once,
        "I13": no_stream_has_a_gap_unless_told,
        "I14": only_who_has_agreed_hears_anything,
        "I15": no_secret_is_told,
    }
)
