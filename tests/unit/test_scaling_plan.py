"""What a steady load takes, by the formula and at list prices."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.scaling.plan import SECONDS_A_MONTH, Load, assumptions, plan
from shop.scaling.prices import US_EAST_1
from shop.scaling.target import workers_for

RUSH = Load(orders_per_second=500, prep_seconds=30, acceptable_wait=60, concurrency=4, cashiers=2)
QUIET = Load(orders_per_second=1, prep_seconds=30, acceptable_wait=60, concurrency=4, cashiers=1)


def test_workers_follow_from_rate_preparation_and_concurrency() -> None:
    assert plan(RUSH, US_EAST_1).workers == 3750
    assert plan(RUSH, US_EAST_1).backlog_each == 8
    assert plan(QUIET, US_EAST_1).workers == 8


@given(rate=st.floats(0.01, 1000), prep=st.floats(0.1, 600), wait=st.floats(1, 600))
def test_it_is_what_the_autoscaler_wants_when_the_wait_is_just_acceptable(
    rate: float, prep: float, wait: float
) -> None:
    load = Load(rate, prep, wait, 4, 1)

    wanted = workers_for(rate * wait, load.pace, wait)

    assert plan(load, US_EAST_1).workers == pytest.approx(wanted, abs=1)


def test_where_little_comes_at_once_every_ticket_has_requests_of_its_own() -> None:
    per_order = {charge.what: charge.per_order for charge in plan(QUIET, US_EAST_1).charges}

    assert per_order["tickets sent"] == 1
    assert per_order["tickets deleted"] == 1
    assert per_order["changes announced"] == 3


def test_no_request_carries_more_than_ten() -> None:
    flood = Load(1e6, 0.001, 60, 1000, 1)

    per_order = {charge.what: charge.per_order for charge in plan(flood, US_EAST_1).charges}

    assert per_order["tickets sent"] == pytest.approx(0.1)
    assert per_order["tickets deleted"] == pytest.approx(0.1)


def test_the_dollars_add_up() -> None:
    made = plan(RUSH, US_EAST_1)

    sent = next(charge for charge in made.charges if charge.what == "tickets sent")
    assert made.orders_a_month == 500 * SECONDS_A_MONTH
    assert made.dollars(sent) == pytest.approx(0.4 * 1314 * 0.40)
    assert made.worker_dollars == pytest.approx((0.25 * 0.04048 + 0.5 * 0.004445) * 730)
    assert made.total_dollars == pytest.approx(made.request_dollars + 3750 * made.worker_dollars)


def test_what_is_taken_for_granted_names_prices_date_and_source() -> None:
    *_, prices = assumptions(RUSH, US_EAST_1)

    assert "us-east-1" in prices
    assert "2026" in prices
    assert "aws.amazon.com/fargate/pricing" in prices
