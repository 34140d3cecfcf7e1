"""The price is the shop's, and what it does not sell is named by its path in the order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import FieldError, NotOnTheMenuError
from shared.domain.menu import (
    Choice,
    Menu,
    MenuItem,
    Modifier,
    OrderLineRequest,
    find,
    modifier_key,
    quote,
    size_key,
)
from shared.domain.order import Serve
from shared.domain.tax import Rounding, TaxRates, TaxRules

OAT, DECAF = Modifier("oat-milk", "Oat milk", 70), Modifier("decaf", "Decaf", 0)
LATTE = MenuItem(
    id="latte",
    name="Caffè latte",
    description="",
    category="coffee",
    prep_seconds=45,
    sizes=(Choice("small", "Small", 370), Choice("large", "Large", 450)),
    modifiers=(OAT, DECAF),
)
CROISSANT = MenuItem(
    id="croissant",
    name="Croissant",
    description="",
    category="food",
    prep_seconds=15,
    sizes=(Choice("regular", "Regular", 290),),
)
MENU = Menu("USD", (LATTE, CROISSANT))


def line_request(
    item: str = "latte",
    size: str = "large",
    *modifiers: str,
    quantity: int = 1,
    note: str | None = None,
) -> OrderLineRequest:
    return OrderLineRequest(item=item, size=size, modifiers=modifiers, quantity=quantity, note=note)


@st.composite
def sellable(draw: st.DrawFn) -> OrderLineRequest:
    entry = draw(st.sampled_from(MENU.items))
    modifiers: st.SearchStrategy[list[str]] = st.just([])
    if entry.modifiers:
        modifiers = st.lists(st.sampled_from([m.id for m in entry.modifiers]), unique=True)
    return OrderLineRequest(
        item=entry.id,
        size=draw(st.sampled_from([size.id for size in entry.sizes])),
        modifiers=tuple(draw(modifiers)),
        quantity=draw(st.integers(1, 20)),
        note=draw(st.none() | st.text(max_size=10)),
    )


def field_errors(
    *lines: OrderLineRequest, sold_out: frozenset[str] = frozenset()
) -> list[FieldError]:
    with pytest.raises(NotOnTheMenuError) as refused:
        quote(lines, MENU, sold_out)
    return list(refused.value.field_errors)


def test_a_line_costs_its_size_and_modifiers_times_its_quantity() -> None:
    quoted = quote(
        [line_request("latte", "large", "oat-milk", "decaf", quantity=2, note="hot")], MENU, ()
    )
    (line,) = quoted.items
    assert (line.unit_price, line.total) == (520, 1040)
    assert (line.id, line.item, line.name, line.size) == ("1", "latte", "Caffè latte", "large")
    assert (line.modifiers, line.quantity, line.note) == (("oat-milk", "decaf"), 2, "hot")
    assert quoted.prep_seconds == 90


@given(st.lists(sellable(), min_size=1, max_size=20))
def test_every_line_is_priced_by_the_menu_and_keeps_its_place(
    lines: list[OrderLineRequest],
) -> None:
    quoted = quote(lines, MENU, frozenset())
    assert [line.id for line in quoted.items] == [str(n) for n in range(1, len(lines) + 1)]
    work = 0
    for line, asked in zip(quoted.items, lines, strict=True):
        entry = find(MENU.items, asked.item)
        assert entry is not None
        choices = {choice.id: choice.price for choice in (*entry.sizes, *entry.modifiers)}
        assert line.unit_price == choices[asked.size] + sum(choices[m] for m in asked.modifiers)
        assert (line.item, line.size, line.modifiers) == (asked.item, asked.size, asked.modifiers)
        assert (line.quantity, line.note) == (asked.quantity, asked.note)
        work += entry.prep_seconds * asked.quantity
    assert quoted.prep_seconds == work


def test_every_error_of_every_line_has_its_path() -> None:
    assert field_errors(
        line_request("lotte"),
        line_request("latte", "huge", "oat-milk", "gin", "rum"),
        line_request("croissant", "regular"),
        line_request("croissant", "large", "decaf"),
    ) == [
        FieldError(("items", 0, "item"), "'lotte' is not on the menu; did you mean latte?"),
        FieldError(("items", 1, "size"), "Caffè latte does not come as 'huge'"),
        FieldError(("items", 1, "modifiers", 1), "Caffè latte does not come with 'gin'"),
        FieldError(("items", 1, "modifiers", 2), "Caffè latte does not come with 'rum'"),
        FieldError(("items", 3, "size"), "Croissant does not come as 'large'"),
        FieldError(("items", 3, "modifiers", 0), "Croissant does not come with 'decaf'"),
    ]


def test_only_a_sold_out_item_is_refused() -> None:
    sold_out = frozenset({"croissant"})
    assert field_errors(
        line_request(), line_request("croissant", "regular"), sold_out=sold_out
    ) == [FieldError(("items", 1, "item"), "Croissant is sold out")]
    assert quote([line_request()], MENU, sold_out).items[0].item == "latte"


def test_the_other_errors_of_a_sold_out_line_are_named_too() -> None:
    assert field_errors(
        line_request("croissant", "large", "gin"), sold_out=frozenset({"croissant"})
    ) == [
        FieldError(("items", 0, "item"), "Croissant is sold out"),
        FieldError(("items", 0, "size"), "Croissant does not come as 'large'"),
        FieldError(("items", 0, "modifiers", 0), "Croissant does not come with 'gin'"),
    ]


@pytest.mark.parametrize("name", ["Latte", "latte ", "", "lattee"])
def test_an_entry_is_found_by_its_whole_id_alone(name: str) -> None:
    assert find(MENU.items, name) is None


def test_a_sold_out_size_or_modifier_is_named_and_the_others_can_be_had() -> None:
    sold_out = frozenset({size_key("latte", "large"), modifier_key("oat-milk")})
    assert field_errors(line_request("latte", "large", "decaf", "oat-milk"), sold_out=sold_out) == [
        FieldError(("items", 0, "size"), "Caffè latte, Large, is sold out"),
        FieldError(("items", 0, "modifiers", 1), "Oat milk is sold out"),
    ]
    quoted = quote([line_request("latte", "small", "decaf")], MENU, sold_out)
    assert quoted.items[0].unit_price == 370


def test_a_line_is_taxed_at_the_rate_of_where_it_is_eaten() -> None:
    rates = TaxRates(here=19000, away=7000)
    taxed = replace(
        MENU,
        items=(replace(LATTE, tax=rates), CROISSANT),
        tax=TaxRules(prices_include_tax=False, rounding=Rounding.HALF_UP),
    )
    lines = [line_request(quantity=2), line_request("croissant", "regular")]

    here, away = (quote(lines, taxed, (), serve).items for serve in (Serve.HERE, Serve.AWAY))

    assert [(line.tax_rate, line.tax) for line in here] == [(19000, 171), (0, 0)]
    assert [(line.tax_rate, line.tax) for line in away] == [(7000, 63), (0, 0)]
    assert [line.total for line in here] == [line.total for line in away] == [900, 290]
