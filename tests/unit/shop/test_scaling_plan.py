"""What a steady load takes, by the formula and at list prices."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.aws.prices import US_EAST_1
from shop.cli.plan import ACCEPTABLE_WAIT, CONCURRENCY
from shop.scaling.charges import Load
from shop.scaling.limits import warnings
from shop.scaling.plan import SECONDS_A_MONTH, assumptions, plan
from shop.scaling.target import workers_for
from shop.settings import ShopSettings
from worker.settings import WorkerSettings

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
    load = replace(QUIET, orders_per_second=rate, prep_seconds=prep, acceptable_wait=wait)

    wanted = workers_for(rate * wait, load.throughput, wait)

    assert plan(load, US_EAST_1).workers == pytest.approx(wanted, abs=1)


def per_order(load: Load) -> dict[str, float]:
    return {charge.what: charge.per_order for charge in plan(load, US_EAST_1).charges}


def test_where_little_comes_at_once_every_message_has_requests_of_its_own() -> None:
    quiet = per_order(QUIET)

    assert quiet["tickets sent"] == 1
    assert quiet["tickets deleted"] == 1
    assert quiet["changes announced"] == 4
    assert quiet["changes received for subscribers"] == 4 * 2
    assert quiet["changes received for live streams"] == 4 * 2


def test_no_request_carries_more_than_ten() -> None:
    flood = per_order(replace(QUIET, orders_per_second=1e6, prep_seconds=0.001, concurrency=1000))

    assert flood["tickets sent"] == pytest.approx(0.1)
    assert flood["tickets deleted"] == pytest.approx(0.1)
    assert flood["changes announced"] == pytest.approx(0.4)
    assert flood["changes received for subscribers"] == pytest.approx(0.8)


def test_each_notifier_receives_every_change_for_its_live_streams() -> None:
    three = per_order(replace(QUIET, notifiers=3))

    assert three["changes received for subscribers"] == 4 * 2
    assert three["changes received for live streams"] == 3 * 4 * 2


@pytest.mark.parametrize(
    ("prep_seconds", "concurrency", "leases", "claims"),
    [(30, 4, 0.75, 2), (5, 4, 0.125, 0), (30, 20, 0.3, 2), (10, 1, 1, 0), (11, 1, 1.1, 1)],
)
def test_leases_are_extended_by_a_ticker_all_at_once_and_claims_order_by_order(
    prep_seconds: float, concurrency: int, leases: float, claims: int
) -> None:
    steady = per_order(
        replace(QUIET, orders_per_second=10, prep_seconds=prep_seconds, concurrency=concurrency)
    )

    assert steady["leases extended"] == pytest.approx(leases)
    assert steady["writes: claims renewed"] == claims


def test_heartbeats_cost_more_with_more_baristas() -> None:
    rush, quiet = per_order(RUSH), per_order(QUIET)

    assert rush["writes: worker heartbeats"] == 3750 / 5 / 500
    assert rush["reads: worker heartbeats"] == pytest.approx(
        2 * 3750 * 250 / 4096 / 2 / 500, rel=0.01
    )
    assert quiet["reads: worker heartbeats"] == 0.5


def test_the_command_and_the_lease_default_to_what_the_services_do() -> None:
    worker, shop = WorkerSettings.model_fields, ShopSettings.model_fields

    assert worker["worker_concurrency"].default == CONCURRENCY
    assert shop["acceptable_wait"].default == ACCEPTABLE_WAIT
    assert QUIET.lease_seconds == worker["visibility_timeout"].default / 3


def test_a_load_that_the_shop_takes_as_it_is_exceeds_no_limit() -> None:
    assert warnings(QUIET) == []


def test_limits_that_a_load_exceeds_are_named() -> None:
    (unfinished,) = warnings(RUSH)

    assert "30,000 tickets are unfinished, 15,000 of them being prepared" in unfinished
    assert "COFFEE_BACKLOG_LIMIT of 5,000" in unfinished
    _, index = warnings(replace(RUSH, orders_per_second=600))
    assert "the index of open orders take 1,200 writes a second" in index
    assert "allows 1,000 on one partition" in index
    assert len(warnings(replace(RUSH, orders_per_second=5000))) == 5


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
