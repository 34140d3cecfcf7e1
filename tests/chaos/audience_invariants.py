"""Checks what subscribers have received: all issues of their topics, nothing else, no secrets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from tests.chaos.audience import Audience
from tests.chaos.invariants import Violation

ON_ITS_WAY_SECONDS = 0.25
"""For so long after an unsubscription, an attempt that was already connecting or sending may
still arrive."""


def audience_violations(audience: Audience) -> Sequence[Violation]:
    """Check every invariant of subscribers against what they have received."""
    return [
        Violation(invariant, detail)
        for invariant, broken in INVARIANTS.items()
        for detail in broken(audience)
    ]


def every_subscriber_receives_each_issue_once(audience: Audience) -> Iterator[str]:
    """I5: each accepted issue of their topics, once after deduplication; none of other topics."""
    for notes in audience.subscribers:
        if notes.stays and not notes.is_live:
            for issue in notes.missing(audience.accepted):
                yield f"{notes.name} has missed {issue.subject!r}"
        for subject, count in Counter(notes.subjects).items():
            if audience.attempted.get(subject) not in notes.topics:
                yield f"{notes.name} has received {subject!r}"
            if count > 1:
                yield f"{notes.name} has received {subject!r} as {count} issues"


def no_stream_has_a_gap_without_a_reset(audience: Audience) -> Iterator[str]:
    """I13."""
    for notes in audience.subscribers:
        if notes.is_live and not notes.resets:
            for issue in notes.missing(audience.accepted):
                yield f"{notes.name} has missed {issue.subject!r} without a reset"


def only_confirmed_subscribers_receive_anything(audience: Audience) -> Iterator[str]:
    """I14: nothing before the confirmation, and nothing after the unsubscription."""
    for notes in audience.subscribers:
        if notes.received and not notes.agreed:
            yield f"{notes.name} has received {len(notes.received)} issues and has not agreed"
        until = None if notes.ended_at is None else notes.ended_at + ON_ITS_WAY_SECONDS
        late = [one for one in notes.received if until is not None and one.at > until]
        if late:
            yield f"{notes.name} has received {len(late)} issues after it was unsubscribed"


def no_secret_is_disclosed(audience: Audience) -> Iterator[str]:
    """I15: addresses, URLs, tokens and keys are in no log line and no metric."""
    public = audience.metrics + json.dumps(
        [dict(line) for line in audience.logs], ensure_ascii=False
    )
    for secret in audience.secrets:
        if secret in public:
            yield f"{secret!r} was logged or counted"


INVARIANTS: Mapping[str, Callable[[Audience], Iterator[str]]] = MappingProxyType(
    {
        "I5": every_subscriber_receives_each_issue_once,
        "I13": no_stream_has_a_gap_without_a_reset,
        "I14": only_confirmed_subscribers_receive_anything,
        "I15": no_secret_is_disclosed,
    }
)
