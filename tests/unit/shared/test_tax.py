"""Tax is exact to the smallest coin, against fractions as the reference."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.order import LineItem, Serve
from shared.domain.tax import (
    WHOLE,
    Rounding,
    TaxRates,
    parse_rate,
    show_rate,
    tax_by_rate,
    tax_of,
)
from tests.support.orders import an_order

PRICES = st.integers(0, 20 * 21_000_000)
"""20 of the dearest item with 20 of the dearest modifiers."""
RATES = st.one_of(st.sampled_from([0, 7000, 8875, 19000, WHOLE]), st.integers(0, WHOLE))
ROUNDINGS = st.sampled_from(Rounding)
HALF = Fraction(1, 2)


def exact_tax(price: int, rate: int, *, included: bool) -> Fraction:
    share = Fraction(rate, WHOLE)
    return price - price / (1 + share) if included else price * share


def reference(exact: Fraction, rounding: Rounding) -> int:
    match rounding:
        case Rounding.DOWN:
            return exact.__floor__()
        case Rounding.HALF_UP:
            return (exact + HALF).__floor__()
        case Rounding.HALF_EVEN:
            return round(exact)


@given(price=PRICES, rate=RATES, included=st.booleans(), rounding=ROUNDINGS)
def test_a_lines_tax_is_the_exact_one_rounded_by_the_named_rule(
    *, price: int, rate: int, included: bool, rounding: Rounding
) -> None:
    exact = exact_tax(price, rate, included=included)
    assert tax_of(price, rate, included=included, rounding=rounding) == reference(exact, rounding)


@given(price=PRICES, rate=RATES, included=st.booleans(), rounding=ROUNDINGS)
def test_no_line_is_off_by_more_than_half_a_coin_or_a_coin_where_rounded_down(
    *, price: int, rate: int, included: bool, rounding: Rounding
) -> None:
    tax = tax_of(price, rate, included=included, rounding=rounding)
    off = exact_tax(price, rate, included=included) - tax
    assert 0 <= off < 1 if rounding is Rounding.DOWN else abs(off) <= HALF
    assert 0 <= tax <= price


@given(st.integers(0, 10**6), ROUNDINGS)
def test_a_tax_that_falls_on_half_a_coin_follows_the_rule(coins: int, rounding: Rounding) -> None:
    price = 2 * coins + 1  # half of an odd price
    tax = tax_of(price, WHOLE // 2, included=False, rounding=rounding)
    expected = {
        Rounding.DOWN: coins,
        Rounding.HALF_UP: coins + 1,
        Rounding.HALF_EVEN: coins + coins % 2,
    }
    assert tax == expected[rounding]


@pytest.mark.parametrize(
    ("price", "rate", "included", "tax"),
    [
        (1190, "19", True, 190),
        (1000, "19", False, 190),
        (107, "7", True, 7),
        (450, "8.875", False, 40),  # 39.9375
        (290, "19", True, 46),  # 46.30…
        (999, "0", True, 0),
    ],
)
def test_a_receipt_says_what_an_accountant_expects(
    *, price: int, rate: str, included: bool, tax: int
) -> None:
    found = tax_of(price, parse_rate(rate), included=included, rounding=Rounding.HALF_UP)
    assert found == tax


@st.composite
def taxed_lines(draw: st.DrawFn, *, included: bool) -> LineItem:
    quantity = draw(st.integers(1, 20))
    price = draw(st.integers(0, 10**6))
    rate = draw(st.sampled_from([0, 7000, 8875, 19000]))
    rounding = draw(ROUNDINGS)
    return LineItem(
        id="1",
        item="latte",
        name="Latte",
        size="large",
        modifiers=(),
        quantity=quantity,
        unit_price=price,
        tax_rate=rate,
        tax=tax_of(price * quantity, rate, included=included, rounding=rounding),
    )


@given(included=st.booleans(), data=st.data())
def test_the_sums_by_rate_add_up_to_what_is_paid(*, included: bool, data: st.DataObject) -> None:
    lines = data.draw(st.lists(taxed_lines(included=included), min_size=1, max_size=20))
    order = replace(an_order(), items=tuple(lines), prices_include_tax=included)
    totals = tax_by_rate(order)

    assert [each.rate for each in totals] == sorted({line.tax_rate for line in lines})
    assert all(each.gross == each.net + each.tax for each in totals)
    assert sum(each.gross for each in totals) == order.total
    assert sum(each.tax for each in totals) == order.tax
    for each in totals:
        at_rate = [line for line in lines if line.tax_rate == each.rate]
        prices = sum(line.total for line in at_rate)
        assert (each.gross if included else each.net) == prices
        assert each.tax == sum(line.tax for line in at_rate)


@given(RATES)
def test_a_rate_is_read_as_it_is_written(rate: int) -> None:
    assert parse_rate(show_rate(rate)) == rate
    assert Decimal(show_rate(rate)) == Decimal(rate) / 1000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "+7",
        "7,5",
        "7.",
        ".5",
        "07",
        "1e1",
        "100.001",
        "101",
        "8.8751",
        "7 %",
        "\u0667",
        "7\n",
    ],
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="0 to 100 percent"):
        parse_rate(text)


def test_the_rate_is_that_of_where_it_is_eaten() -> None:
    rates = TaxRates(here=19000, away=7000)
    assert [rates.rate(serve) for serve in (Serve.HERE, Serve.AWAY, None)] == [19000, 7000, 7000]
