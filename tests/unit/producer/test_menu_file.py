"""The menu file: the shipped menu has all it must, and every error is reported with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from producer.menu_file import MenuFileError, load_menu
from producer.settings import CashierSettings
from shared.domain.menu import Choice, Menu, MenuItem

SHIPPED = CashierSettings.model_fields["menu"].default
DRINK_SIZES = ["small", "medium", "large"]
DRINK_MODIFIERS = ["oat-milk", "soy-milk", "extra-shot", "decaf", "vanilla"]

GOOD = """\
currency: EUR
sizes: {small: Small, large: Large}
modifiers:
  decaf: {name: Decaf, price: 0}
items:
  tea:
    name: Tea
    category: tea
    prep_seconds: 40
    sizes: {small: 260, large: 340}
    modifiers: [decaf]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "menu.yaml"


def errors(path: Path, text: str | bytes) -> list[str]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(MenuFileError) as raised:
        load_menu(path)
    assert str(raised.value) == "\n".join(raised.value.lines)
    return [line.replace(str(path), "menu") for line in raised.value.lines]


@pytest.fixture(scope="module")
def shipped() -> Menu:
    return load_menu(SHIPPED)


@pytest.mark.parametrize(
    "drink",
    [
        "americano",
        "latte",
        "cappuccino",
        "flat-white",
        "mocha",
        "cold-brew",
        "iced-latte",
        "tea",
        "hot-chocolate",
    ],
)
def test_the_shipped_menu_has_every_drink_in_three_sizes(shipped: Menu, drink: str) -> None:
    (item,) = [item for item in shipped.items if item.id == drink]
    assert [size.id for size in item.sizes] == DRINK_SIZES
    assert [modifier.id for modifier in item.modifiers] == DRINK_MODIFIERS


def test_the_shipped_menu_has_espresso_single_and_double(shipped: Menu) -> None:
    (espresso,) = [item for item in shipped.items if item.id == "espresso"]
    assert [size.id for size in espresso.sizes] == ["single", "double"]
    assert [modifier.id for modifier in espresso.modifiers] == DRINK_MODIFIERS


@pytest.mark.parametrize("food", ["croissant", "banana-bread"])
def test_the_shipped_menu_has_food_in_one_size(shipped: Menu, food: str) -> None:
    (item,) = [item for item in shipped.items if item.id == food]
    assert [size.id for size in item.sizes] == ["regular"]


def test_the_shipped_menu_prices_the_order_of_the_contract(shipped: Menu) -> None:
    (latte,) = [item for item in shipped.items if item.id == "latte"]
    large = next(size.price for size in latte.sizes if size.id == "large")
    oat_milk = next(modifier.price for modifier in latte.modifiers if modifier.id == "oat-milk")
    assert (shipped.currency, large + oat_milk) == ("USD", 520)


def test_a_menu_is_read_as_it_is_written(path: Path) -> None:
    path.write_text(GOOD)
    assert load_menu(path) == Menu(
        currency="EUR",
        items=(
            MenuItem(
                id="tea",
                name="Tea",
                description="",
                category="tea",
                prep_seconds=40,
                sizes=(Choice("small", "Small", 260), Choice("large", "Large", 340)),
                modifiers=(Choice("decaf", "Decaf", 0),),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("good", "bad", "error"),
    [
        ("currency: EUR\n", "", "menu:1: currency: This is missing"),
        ("EUR", "euro", "menu:1: currency: This should be 3 capital letters"),
        (
            "price: 0",
            "price: 1.5",
            "menu:4: modifiers.decaf.price: This should be a whole number",
        ),
        (
            "price: 0",
            "price: '7'",
            "menu:4: modifiers.decaf.price: This should be a whole number",
        ),
        (
            "small: 260",
            "small: -1",
            "menu:10: items.tea.sizes.small: This should be at least 0",
        ),
        (
            "sizes: {small: 260, large: 340}",
            "sizes: {}",
            "menu:10: items.tea.sizes: This should have at least 1 entry",
        ),
        ("large: 340", "huge: 340", "menu:10: items.tea.sizes.huge: no such size is defined"),
        (
            "[decaf]",
            "[gin]",
            "menu:11: items.tea.modifiers.0: no modifier 'gin' is defined under modifiers",
        ),
        ("[decaf]", "[decaf, decaf]", "menu:11: items.tea.modifiers.1: 'decaf' is there twice"),
        ("prep_seconds: 40", "prep_seconds: 0", "menu:9: items.tea.prep_seconds: This should be"),
        ("  tea:\n", "  Tea!:\n", "menu:6: items.Tea!.[key]: This should be 1 to 40 of a-z"),
        ("  tea:\n", "  7:\n", "menu:6: items.7.[key]: This should be text"),
        ("name: Tea\n", "name: ''\n", "menu:7: items.tea.name: This should have at least 1"),
        ("name: Tea\n", "nome: Tea\n", "menu:6: items.tea.name: This is missing"),
        ("category: tea", "colour: green", "menu:8: items.tea.colour: There is no such field"),
        ("    name: Tea\n", "    name: Tea\n    name: Te\n", "menu:8: items.tea.name: is there tw"),
    ],
    ids=lambda value: value if value.startswith("menu:") else "",
)
def test_an_error_is_reported_with_its_line(path: Path, good: str, bad: str, error: str) -> None:
    assert GOOD.count(good) == 1
    found = errors(path, GOOD.replace(good, bad))
    assert any(line.startswith(error) for line in found), found


def test_all_errors_are_reported_at_once(path: Path) -> None:
    text = GOOD.replace("large: 340", "huge: 340").replace("[decaf]", "[gin]")
    assert [error.split(":")[1] for error in errors(path, text)] == ["10", "11"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "menu:1: This should be"),
        ("- tea\n", "menu:1: This should be"),
        ("currency: [\n", "line 2, column 1"),
        ("currency: 2026-02-30\n", "day is out of range for month"),
        ("\x00", "special characters are not allowed"),
        (b"currency: \xff\n", "menu: the file is not UTF-8"),
        ("? [a]\n: b\n", "line 1, column 3"),
        ("a: &a [*a]\n", "menu:1: a: There is no such field"),
    ],
    ids=[
        "nothing",
        "a list",
        "broken off",
        "no such day",
        "no text",
        "another encoding",
        "a list for a key",
        "a list within itself",
    ],
)
def test_a_file_that_is_no_menu_is_refused(path: Path, text: str | bytes, error: str) -> None:
    assert any(error in line for line in errors(path, text))


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(MenuFileError, match=r"menu\.yaml: No such file or directory"):
        load_menu(path)
