"""Money is read as people write it, and every minor unit is there."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.money import display


@pytest.mark.parametrize(
    ("amount", "currency", "read"),
    [
        (520, "USD", "5.20 USD"),
        (5, "EUR", "0.05 EUR"),
        (0, "USD", "0.00 USD"),
        (-5, "USD", "-0.05 USD"),
        (-1234, "USD", "-12.34 USD"),
        (450, "JPY", "450 JPY"),
        (1234, "KWD", "1.234 KWD"),
    ],
)
def test_an_amount_is_written_with_the_digits_of_its_currency(
    amount: int, currency: str, read: str
) -> None:
    assert display(amount, currency) == read


@given(amount=st.integers(-(10**12), 10**12), digits=st.sampled_from([0, 2, 3]))
def test_what_is_read_is_what_it_costs(amount: int, digits: int) -> None:
    currency = {0: "JPY", 2: "USD", 3: "KWD"}[digits]
    written, _, code = display(amount, currency).partition(" ")
    assert (int(Decimal(written).scaleb(digits)), code) == (amount, currency)
