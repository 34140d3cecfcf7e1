"""What a steady load takes, by the formula and at list prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.build_deliveries import ANNOUNCEMENTS_PACE
from shared.aws.prices import US_EAST_1
from shop.cli.plan import ACCEPTABLE_WAIT, CONCURRENCY
from shop.scaling.charges import PACE_SECONDS, Charge, Load
from shop.scaling.limits import limits
from shop.scaling.monthly import SECONDS_A_MONTH
from shop.scaling.plan import assumptions, plan
from shop.scaling.target import workers_for
from shop.settings import ShopSettings
from tests.support.platform_template import PARAMETERS
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
    assert PARAMETERS["WorkerConcurrency"]["Default"] == CONCURRENCY
    assert ShopSettings.model_fields["acceptable_wait"].default == ACCEPTABLE_WAIT
    assert PACE_SECONDS == ANNOUNCEMENTS_PACE
    assert QUIET.lease_seconds == WorkerSettings.model_fields["visibility_timeout"].default / 3


@pytest.mark.parametrize(
    ("region", "rate"),
    [("us-east-1", 7500), ("eu-west-1", 2250), ("eu-central-1", 375), ("eu-west-3", 75)],
)
def test_the_quota_of_sns_is_that_of_the_region(region: str, rate: float) -> None:
    (quota,) = (limit for limit in limits(QUIET, region) if "SNS" in limit.what)

    assert quota.orders_per_second == rate


def test_limits_are_in_the_order_in_which_they_are_met() -> None:
    found = limits(RUSH, "eu-west-3")
    rates = {limit.what.split()[0]: limit.orders_per_second for limit in found}

    assert found == sorted(found, key=lambda limit: limit.orders_per_second)
    assert rates["SNS"] == 300 / 4
    assert rates["cashiers"] == 5000 / 60
    assert rates["SQS"] == 120_000 / 30


def test_many_workers_are_a_limit_of_heartbeats() -> None:
    def of_heartbeats(concurrency: int) -> float:
        found = limits(replace(RUSH, concurrency=concurrency), "us-east-1")
        return min(limit.orders_per_second for limit in found if "heartbeats" in limit.what)

    assert of_heartbeats(4) < 1000 < of_heartbeats(100)


def test_the_dollars_add_up() -> None:
    made = plan(RUSH, US_EAST_1)
    sent = next(charge for charge in made.charges if charge.what == "tickets sent")
    by_the_month = sum(one.dollars for one in made.monthly)

    assert made.orders_a_month == 500 * SECONDS_A_MONTH
    assert made.dollars(sent) == pytest.approx(0.4 * 1314 * 0.40)
    assert made.total(made.charges) == pytest.approx(made.dollars(*made.charges) + by_the_month)


def test_tasks_network_and_logs_are_in_the_total() -> None:
    of = {one.what: one.dollars for one in plan(replace(RUSH, notifiers=3), US_EAST_1).monthly}

    web, worker = 0.5 * 0.03238 + 0.00356, 0.25 * 0.03238 + 0.5 * 0.00356
    assert of["Fargate: 2 cashiers"] == pytest.approx(2 * 730 * web)
    assert of["Fargate: 3 notifiers"] == pytest.approx(3 * 730 * web)
    assert of["Fargate: 3,750 workers"] == pytest.approx(3750 * 730 * worker)
    assert of["6 endpoints, 2 zones"] == pytest.approx(12 * 0.01 * 730)
    assert of["logs at INFO"] == pytest.approx(1314 * 1.7 * 0.5)


def test_provisioned_capacity_saves_on_dynamodb_alone() -> None:
    made = plan(RUSH, US_EAST_1)

    def spent(charges: Sequence[Charge], service: str) -> float:
        return made.dollars(*(one for one in charges if one.service == service))

    for service in ("SQS", "SNS"):
        assert spent(made.provisioned, service) == spent(made.charges, service)
    saved = 1 - spent(made.provisioned, "DynamoDB") / spent(made.charges, "DynamoDB")
    assert saved == pytest.approx(0.587, abs=0.001)


def test_what_is_taken_for_granted_names_prices_date_and_source() -> None:
    *_, prices = assumptions(RUSH, US_EAST_1)

    assert "us-east-1" in prices
    assert "2026" in prices
    assert "aws.amazon.com/fargate/pricing" in prices
