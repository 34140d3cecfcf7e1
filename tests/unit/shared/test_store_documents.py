"""A record is read back from its JSON document as it was."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.delivery import Delivery
from shared.domain.issue import Issue
from shared.domain.order_copies import forget_customer
from shared.domain.subscription import SigningSecret, Subscription
from shared.domain.tax import TaxTotal, tax_by_rate
from shared.store.document import DELIVERY, ISSUE, ORDER, SUBSCRIPTION
from tests.support.orders import an_order

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


def test_an_order_of_before_menus_had_versions_is_untaxed_and_costs_what_it_did() -> None:
    recorded = ORDER.dump_python(an_order("a"), mode="json")
    for name in ("menu_version", "prices_include_tax", "serve"):
        del recorded[name]
    for line in recorded["items"]:
        del line["tax_rate"], line["tax"]
    order = ORDER.validate_json(json.dumps(recorded))
    assert (order.total, order.tax, order.menu_version, order.serve) == (1040, 0, 0, None)
    assert tax_by_rate(order) == [TaxTotal(rate=0, net=1040, tax=0, gross=1040)]


def test_a_forgotten_customers_order_keeps_its_tax_for_the_books() -> None:
    (line,) = an_order("a").items
    taxed = replace(
        an_order("a"),
        items=(replace(line, tax_rate=19000, tax=198),),
        prices_include_tax=False,
        menu_version=7,
    )
    kept = ORDER.validate_json(ORDER.dump_json(forget_customer(taxed)))
    assert (kept.customer_name, kept.items[0].note) == ("forgotten", None)
    assert (kept.total, kept.menu_version) == (1238, 7)
    assert tax_by_rate(kept) == tax_by_rate(taxed) == [TaxTotal(19000, 1040, 198, 1238)]
