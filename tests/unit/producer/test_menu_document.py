"""The menu as a document: written and read alike, its faults found, its changes told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.menu.changes import changes, in_a_line
from producer.menu.checks import LARGEST_DOCUMENT, faults
from producer.menu.document import MenuDocument, parse_menu
from producer.menu.file import load_menu, menu_yaml
from producer.settings import CashierSettings
from shared.domain.menu import Allergen
from shared.domain.order import Serve
from shared.domain.tax import Rounding, TaxRates, TaxRules

SHIPPED = load_menu(CashierSettings.model_fields["menu"].default)

TAXED = """\
currency: EUR
tax:
  prices_include_tax: false    # it is added
  rounding: half-even
  classes:
    drinks: {here: 19, away: 19}
    food: {here: 8.875, away: "7"}
sizes: {small: Small}
items:
  tea: {name: Tea, category: tea, prep_seconds: 40, sizes: {small: 260}, tax: drinks}
  cake: {name: Cake, category: food, prep_seconds: 9, sizes: {small: 300}, tax: food}
"""

IDS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True)
WORDS = st.sampled_from(
    ["no", "0250", "1:30", "true", "~", "=", "2026-11-28", "1e3", "- x", "#", "!"]
)
TEXTS = st.one_of(
    WORDS,
    st.text(
        st.characters(
            exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs", "Cf"], max_codepoint=0xFFFD
        ),
        min_size=1,
        max_size=80,
    ),
)
LINES = st.one_of(st.just("Line one\n\tand: two\n"), TEXTS)
PRICES = st.integers(0, 1_000_000)
ALLERGENS = st.lists(st.sampled_from(Allergen), unique=True)


@st.composite
def documents(draw: st.DrawFn) -> MenuDocument:
    sizes = draw(st.dictionaries(IDS, TEXTS, min_size=1, max_size=3))
    modifiers = draw(
        st.dictionaries(
            IDS,
            st.fixed_dictionaries(
                {
                    "name": TEXTS,
                    "price": PRICES,
                    "allergens": ALLERGENS,
                    "may_contain": ALLERGENS,
                    "replaces": ALLERGENS,
                    "group": st.none() | IDS,
                }
            ),
            max_size=3,
        )
    )
    taxes = st.fixed_dictionaries({each: st.sampled_from(["0", "7", "8.875"]) for each in Serve})
    classes = draw(st.none() | st.dictionaries(IDS, taxes, min_size=1, max_size=2))
    items = st.fixed_dictionaries(
        {
            "name": TEXTS,
            "description": LINES,
            "category": IDS,
            "prep_seconds": st.integers(1, 3600),
            "sizes": st.dictionaries(st.sampled_from([*sizes]), PRICES, min_size=1),
            "modifiers": st.lists(st.sampled_from([*modifiers]), unique=True)
            if modifiers
            else st.just([]),
            "allergens": ALLERGENS,
            "may_contain": ALLERGENS,
            "notes": LINES,
            "tax": st.sampled_from([*classes]) if classes else st.none(),
        }
    )
    content: dict[str, Any] = {
        "currency": "EUR",
        "sizes": sizes,
        "modifiers": modifiers,
        "items": draw(st.dictionaries(IDS, items, min_size=1, max_size=3)),
    }
    if classes:
        rule = draw(st.sampled_from(Rounding))
        included = draw(st.booleans())
        content["tax"] = {"prices_include_tax": included, "rounding": rule, "classes": classes}
    return MenuDocument.model_validate(content)


@given(document=documents())
def test_a_menu_that_is_written_as_yaml_or_json_is_read_as_the_same(
    tmp_path_factory: pytest.TempPathFactory, document: MenuDocument
) -> None:
    assert faults(document) == []
    file = tmp_path_factory.mktemp("menu") / "menu.yaml"
    file.write_text(menu_yaml(document), encoding="utf-8")
    for again in (load_menu(file), MenuDocument.model_validate_json(document.json_text())):
        assert again == document
        assert [*again.items] == [*document.items]
        assert again.json_text() == document.json_text()


def test_tax_is_written_as_people_write_it(tmp_path: Path) -> None:
    file = tmp_path / "menu.yaml"
    file.write_text(TAXED)
    menu = load_menu(file).menu
    assert menu.tax == TaxRules(
        prices_include_tax=False,
        rounding=Rounding.HALF_EVEN,
        serve=Serve.AWAY,
        classes={"drinks": TaxRates(19000, 19000), "food": TaxRates(8875, 7000)},
    )
    assert [item.tax for item in menu.items] == [TaxRates(19000, 19000), TaxRates(8875, 7000)]


def test_no_tax_is_configured_by_default() -> None:
    assert SHIPPED.tax is None
    assert {item.tax for item in SHIPPED.menu.items} == {TaxRates(0, 0)}
    assert (SHIPPED.menu.tax.prices_include_tax, SHIPPED.menu.tax.serve) == (True, None)


def test_a_menu_of_a_release_without_traces_is_read() -> None:
    menu = parse_menu(
        '{"currency":"EUR","sizes":{"small":"Small"},"modifiers":{"oat":{"name":"Oat","price":7,'
        '"allergens":["gluten"]}},"items":{"tea":{"name":"Tea","category":"tea","prep_seconds":9,'
        '"sizes":{"small":260},"modifiers":["oat"],"allergens":["milk"]}}}'
    ).menu
    (tea,) = menu.items
    (oat,) = tea.modifiers
    assert (tea.may_contain, oat.may_contain, oat.replaces, oat.group) == ((), (), (), None)


def test_a_menu_that_the_store_could_not_keep_is_a_fault() -> None:
    item = SHIPPED.items["latte"].model_copy(update={"description": "é" * 200, "notes": "é" * 200})
    many = SHIPPED.model_copy(update={"items": {f"item-{n}": item for n in range(500)}})
    ((where, what),) = faults(many)
    assert (where, what) == ((), f"the menu is larger than {LARGEST_DOCUMENT:,} bytes as JSON")


def changed(**items: Any) -> MenuDocument:
    """The shipped menu with fields of some items changed; None takes an item away."""
    after = dict(SHIPPED.items)
    for item_id, update in items.items():
        if update is None:
            del after[item_id]
        else:
            after[item_id] = after[item_id].model_copy(update=update)
    return SHIPPED.model_copy(update={"items": after})


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (changed(), ["the order of entries changed"]),
        (changed(tea=None), ["tea is gone"]),
        (
            changed(latte={"sizes": {"small": 380, "huge": 600, "large": 450}}),
            ["latte/huge is new", "latte/medium is gone", "latte/small 3.70 USD → 3.80 USD"],
        ),
        (changed(tea={"name": "Té", "notes": "hot"}), ["tea: name, notes changed"]),
        (SHIPPED.model_copy(update={"currency": "EUR"}), ["currency changed"]),
        (
            SHIPPED.model_copy(update={"items": dict(reversed(SHIPPED.items.items()))}),
            ["order of items changed"],
        ),
        (
            SHIPPED.model_copy(
                update={
                    "modifiers": SHIPPED.modifiers
                    | {
                        "oat-milk": SHIPPED.modifiers["oat-milk"].model_copy(
                            update={"price": 80, "allergens": [], "replaces": []}
                        )
                    }
                }
            ),
            ["+oat-milk 0.70 USD → 0.80 USD", "+oat-milk: allergens, replaces changed"],
        ),
    ],
)
def test_what_changed_is_told(after: MenuDocument, expected: list[str]) -> None:
    assert changes(SHIPPED, after) == expected


def test_many_changes_are_a_line_that_counts_the_rest() -> None:
    line = in_a_line([f"item-{n} is new" for n in range(200)])
    assert len(line) <= 300
    assert line.startswith("item-0 is new; item-1 is new; ")
    left = int(line.rsplit("and ", 1)[1].split()[0])
    assert line.count(" is new") + left == 200
