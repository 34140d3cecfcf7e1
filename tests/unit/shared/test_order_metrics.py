"""Changes of orders as metrics: counted by state, timed, and held against what was promised."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from shared.domain.estimate import Estimate
from shared.domain.order import OrderState, advance, claim, renew
from shared.runtime.order_metrics import OrderMetrics
from tests.support.orders import NOON, an_order


def after(seconds: float) -> dt.datetime:
    return NOON + dt.timedelta(seconds=seconds)


def test_changes_of_state_and_claims_are_counted_and_a_renewed_claim_is_neither() -> None:
    registry = CollectorRegistry()
    changed = OrderMetrics(registry).changed
    placed = an_order()
    first = claim(placed, "a ticket", after(1), after(30))
    taken_over = claim(first, "a ticket", after(31), after(60))
    orders = [placed, first, renew(first, "a ticket", after(40)), taken_over]
    changed(None, placed)
    for before, following in zip(orders, [*orders[1:], None], strict=True):
        if following:
            changed(before, following)

    def count(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"coffeeshop_order_{name}_total", labels)

    assert count("transitions", before="new", state="placed") == 1
    assert count("transitions", before="placed", state="preparing") == 1
    assert count("transitions", before="preparing", state="ready") == 0
    assert (count("claims", attempt="first"), count("claims", attempt="again")) == (1, 1)


@pytest.mark.parametrize(
    ("seconds", "outcome"), [(9, "early"), (10, "kept"), (20, "kept"), (21, "late")]
)
def test_an_order_that_is_ready_is_held_against_its_estimate(seconds: float, outcome: str) -> None:
    registry = CollectorRegistry()
    order = replace(an_order(), estimate=Estimate(10, 20))
    preparing = advance(order, OrderState.PREPARING, after(1))
    OrderMetrics(registry).changed(preparing, advance(preparing, OrderState.READY, after(seconds)))
    outcomes = {
        name: registry.get_sample_value("coffeeshop_order_promises_total", {"outcome": name})
        for name in ("early", "kept", "late")
    }
    assert outcomes == {"early": 0, "kept": 0, "late": 0, outcome: 1}
    assert registry.get_sample_value("coffeeshop_order_ready_seconds_sum") == seconds
    assert registry.get_sample_value("coffeeshop_order_promised_seconds_sum") == 20
