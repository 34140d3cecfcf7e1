"""A record is read back from its JSON document as it was."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.delivery import Delivery
from shared.domain.issue import Issue
from shared.domain.subscription import SigningSecret, Subscription
from shared.store.document import DELIVERY, ISSUE, SUBSCRIPTION

_times = st.datetimes(timezones=st.just(dt.UTC))
_secrets = st.builds(SigningSecret, until=st.none() | _times)
_subscriptions = st.builds(
    Subscription,
    created_at=_times,
    since=_times,
    secrets=st.lists(_secrets, max_size=3).map(tuple),
    aws_subscription=...,
    notice=...,
    version=...,
)
_deliveries = st.builds(
    Delivery,
    at=_times,
    state=...,
    attempts=...,
    tried_at=st.none() | _times,
    error=...,
    not_before=st.none() | _times,
)


@given(_subscriptions)
def test_a_subscription_is_read_back_as_it_was(subscription: Subscription) -> None:
    assert SUBSCRIPTION.validate_json(SUBSCRIPTION.dump_json(subscription)) == subscription


@given(_deliveries)
def test_a_delivery_is_read_back_as_it_was(delivery: Delivery) -> None:
    assert DELIVERY.validate_json(DELIVERY.dump_json(delivery)) == delivery


def test_a_delivery_of_an_older_release_may_be_attempted_at_once() -> None:
    recorded = (
        '{"subscription_id": "s1", "id": "d1", "topic": "coupons", "event_id": "e1",'
        ' "event_type": "t", "event": "{}", "at": "2026-11-20T12:00:00Z", "state": "due",'
        ' "attempts": 1, "tried_at": "2026-11-20T12:00:01Z", "error": "answered 503"}'
    )
    assert DELIVERY.validate_json(recorded).not_before is None


@given(st.builds(Issue, at=_times))
def test_an_issue_is_read_back_as_it_was(issue: Issue) -> None:
    assert ISSUE.validate_json(ISSUE.dump_json(issue)) == issue
