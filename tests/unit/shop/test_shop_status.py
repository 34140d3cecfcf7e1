"""What staff set holds until its time is over; then the shop is open again."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.shop import ShopState, ShopStatus
from tests.support.orders import NOON

statuses = st.builds(
    ShopStatus,
    state=st.sampled_from(ShopState),
    reason=st.none() | st.text(max_size=5),
    sold_out=st.frozensets(st.sampled_from(["latte", "tea"])),
)


@given(statuses)
def test_without_an_end_it_holds_for_ever(status: ShopStatus) -> None:
    assert status.at(dt.datetime.max.replace(tzinfo=dt.UTC)) == status


@pytest.mark.parametrize(("seconds_late", "state"), [(-0.001, "closed"), (0, "open"), (1, "open")])
def test_the_shop_opens_again_when_the_time_has_come(seconds_late: float, state: str) -> None:
    until_noon = ShopStatus(ShopState.CLOSED, "lunch", NOON, frozenset({"latte"}))
    status = until_noon.at(NOON + dt.timedelta(seconds=seconds_late))
    assert status.state == state
    assert (status.reason is None, status.until is None) == (state == "open", state == "open")
    assert status.sold_out == {"latte"}
