"""The rules of subscriptions: which state follows which, what is wanted, how secrets rotate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.subscription import (
    TRANSITIONS,
    Channel,
    Filter,
    SigningSecret,
    Subscription,
    SubscriptionRefusedError,
    SubscriptionState,
    advance,
    rotate,
    valid_secrets,
    wants,
)
from tests.support.webhooks import AT, subscribed

PENDING, ACTIVE, PAUSED, ENDED = SubscriptionState
STATES = st.sampled_from(SubscriptionState)
DAY = dt.timedelta(days=1)
READY, PLACED = "coffeeshop.order.ready.v1", "coffeeshop.order.placed.v1"


def subscription(
    state: SubscriptionState = ACTIVE, types: Iterable[str] = (), order_ids: Iterable[str] = ()
) -> Subscription:
    wanted = Filter(frozenset(types), frozenset(order_ids))
    signed = subscribed("https://ada.example/hook", SigningSecret("first"))
    return replace(signed, state=state, filter=wanted)


@given(state=STATES, to=STATES)
def test_a_state_follows_only_those_that_the_table_names(
    state: SubscriptionState, to: SubscriptionState
) -> None:
    before = subscription(state)
    if to in TRANSITIONS[state]:
        after = advance(before, to, AT + DAY, "why")
        assert (after.state, after.since, after.notice) == (to, AT + DAY, "why")
        assert after.version == before.version + 1
    else:
        with pytest.raises(SubscriptionRefusedError):
            advance(before, to, AT)


@given(to=STATES)
def test_nothing_follows_the_end(to: SubscriptionState) -> None:
    with pytest.raises(SubscriptionRefusedError):
        advance(subscription(ENDED), to, AT)


def test_a_notice_goes_with_the_state_that_it_was_about() -> None:
    paused = advance(subscription(), PAUSED, AT, "answered 500")
    assert advance(paused, ACTIVE, AT).notice is None


@pytest.mark.parametrize(
    ("state", "order_ids", "kept"),
    [
        (PENDING, (), False),
        (PENDING, ("o1",), True),
        (ACTIVE, (), True),
        (PAUSED, (), True),
        (ENDED, (), False),
        (ENDED, ("o1",), False),
    ],
)
def test_events_wait_only_for_subscribers_of_single_orders_to_agree(
    state: SubscriptionState, order_ids: Iterable[str], *, kept: bool
) -> None:
    assert wants(subscription(state, order_ids=order_ids), READY) == kept


def test_only_the_types_that_were_named_are_wanted() -> None:
    assert wants(subscription(types=[READY]), READY)
    assert not wants(subscription(types=[READY]), PLACED)


def test_announcements_come_by_the_topic_or_by_each_order() -> None:
    assert subscription().routing_keys == ["order-events"]
    assert subscription(order_ids=["o2", "o1"]).routing_keys == [
        "order-events/o1",
        "order-events/o2",
    ]


def test_to_queues_sns_delivers_by_the_topic_alone() -> None:
    queue = replace(subscription(order_ids=["o2", "o1"]), channel=Channel.SQS)
    assert queue.routing_keys == ["order-events"]


def test_the_old_secret_signs_until_the_overlap_is_over() -> None:
    rotated = rotate(subscription(), "second", AT, DAY)
    assert [one.secret for one in valid_secrets(rotated, AT)] == ["second", "first"]
    assert [one.secret for one in valid_secrets(rotated, AT + DAY)] == ["second"]


def test_rotating_again_at_once_leaves_the_first_secret_its_time() -> None:
    rotated = rotate(rotate(subscription(), "lost", AT, DAY), "third", AT + DAY / 2, DAY)
    at_noon = valid_secrets(rotated, AT + DAY / 2)
    assert [one.secret for one in at_noon] == ["third", "lost", "first"]
    assert [one.secret for one in valid_secrets(rotated, AT + DAY)] == ["third", "lost"]


@given(hours=st.lists(st.integers(0, 30), max_size=30))
def test_there_are_never_many_secrets_and_the_newest_signs_for_good(hours: list[int]) -> None:
    at, rotated = AT, subscription()
    for number, passed in enumerate(hours):
        at += dt.timedelta(hours=passed)
        rotated = rotate(rotated, f"secret {number}", at, DAY)
        fresh, *old = rotated.secrets
        assert fresh == SigningSecret(f"secret {number}")
        assert len(old) <= 3
        assert all(one.until is not None and at < one.until <= at + DAY for one in old)
