"""The menu file: the shipped menu has all it must, and every error is reported with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from producer.menu.file import MenuFileError, load_menu
from producer.settings import CashierSettings
from shared.domain.menu import Choice, Menu, MenuItem, Modifier

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


LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)


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
    return load_menu(SHIPPED).menu


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
    assert load_menu(path).menu == Menu(
        currency="EUR",
        items=(
            MenuItem(
                id="tea",
                name="Tea",
                description="",
                category="tea",
                prep_seconds=40,
                sizes=(Choice("small", "Small", 260), Choice("large", "Large", 340)),
                modifiers=(Modifier("decaf", "Decaf", 0),),
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
        (
            "[decaf]\n",
            "[decaf]\n    allergens: [milk, gin]\n",
            "menu:12: items.tea.allergens.1: This should be 'gluten', 'crustaceans'",
        ),
        (
            "[decaf]\n",
            "[decaf]\n    allergens: [milk, milk]\n",
            "menu:12: items.tea.allergens.1: 'milk' is there twice",
        ),
        (
            "[decaf]\n",
            "[decaf]\n    may_contain: [nuts, nuts]\n",
            "menu:12: items.tea.may_contain.1: 'nuts' is there twice",
        ),
        (
            "price: 0",
            "price: 0, may_contain: [nuts, nuts]",
            "menu:4: modifiers.decaf.may_contain.1: 'nuts' is there twice",
        ),
        (
            "price: 0",
            "price: 0, replaces: [milk, milk]",
            "menu:4: modifiers.decaf.replaces.1: 'milk' is there twice",
        ),
        ("price: 0", "price: 0, replaces: [cows]", "menu:4: modifiers.decaf.replaces.0: This shou"),
        ("price: 0", "price: 0, group: M M", "menu:4: modifiers.decaf.group: This should be 1 to"),
        ("[decaf]\n", "[decaf]\n    tax: food\n", "menu:12: items.tea.tax: no class 'food' is"),
        (
            "currency: EUR\n",
            "currency: EUR\ntax: {classes: {food: {here: 101, away: 7}}}\n",
            "menu:2: tax.classes.food.here: This is no rate: a rate is 0 to 100 percent",
        ),
        (
            "currency: EUR\n",
            "currency: EUR\ntax: {prices_include_tax: yes, classes: {a: {here: 1, away: 7}}}\n",
            "menu:2: tax.prices_include_tax: This should be true or false",
        ),
        (
            "currency: EUR\n",
            "currency: EUR\ntax: {classes: {food: {here: 19, away: 7}}}\n",
            "menu:7: items.tea.tax: This is missing: the menu has tax classes",
        ),
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
        ("currency: [\n", "menu:2: expected the node content"),
        ("currency: 2026-02-30\n", "menu:1: currency: This should be 3 capital letters"),
        ("a: b\n\x00", "menu:2: there are characters that YAML does not allow"),
        (b"currency: EUR\nsizes: {a: Caf\xe9}\n", "menu:2: the file is not UTF-8"),
        ("currency: EUR\n".encode("utf-16"), "menu:1: the file is not UTF-8"),
        ("? [a]\n: b\n", "menu:1: found unhashable key"),
        ("a: &a [*a]\n", "menu: this is too large, with each alias replaced"),
        (LAUGHS, "menu: this is too large, with each alias replaced"),
        ("[" * 100_000, "menu: this is nested too deeply"),
        ("# " + "x" * 2**20, "menu: the file is larger than 1,048,576 bytes"),
        ("sizes:\n\tsmall: Small\n", "menu:2: found character"),
        ("a: !!python/object/apply:os.system [true]\n", "menu:1: could not determine a constru"),
        ("a: 1\n---\na: 2\n", "menu:2: but found another document"),
        ("a: !!int 0250\n", "menu:1: this is no number in decimal digits"),
    ],
    ids=[
        "nothing",
        "a list",
        "broken off",
        "no such day",
        "no text",
        "Latin-1",
        "UTF-16",
        "a list for a key",
        "a list within itself",
        "a billion laughs",
        "deep",
        "huge",
        "a tab",
        "a Python object",
        "two documents",
        "an octal number by its tag",
    ],
)
def test_a_file_that_is_no_menu_is_refused(path: Path, text: str | bytes, error: str) -> None:
    assert any(error in line for line in errors(path, text))


@pytest.mark.parametrize(
    "price",
    [
        *(
            "0250",
            "-0250",
            "0o250",
            "0x1F",
            "0b11",
            "1_000",
            "1:30",
            "190:20:30",
            "2.50",
            "2.",
            ".5",
        ),
        *("1e3", "+250", "yes", "NO", "2026-11-28", "=", "null", "~", "", ".inf", ".nan", "'250'"),
        *("٣", "9" * 5000, "2 50", "250 EUR", "$2.50"),
    ],
)
def test_a_price_that_is_no_plain_number_is_a_mistake_with_its_line(path: Path, price: str) -> None:
    (line,) = errors(path, GOOD.replace("small: 260", f"small: {price}"))
    assert line.startswith("menu:10: items.tea.sizes.small: This should be a whole number")


@pytest.mark.parametrize(
    "word", ["no", "NO", "yes", "on", "Off", "y", "2026-11-28", "0250", "1:30", "1e3", "=", "true"]
)
def test_a_name_is_the_text_that_it_looks_like(path: Path, word: str) -> None:
    path.write_text(GOOD.replace("name: Tea", f"name: {word}"))
    assert load_menu(path).menu.items[0].name == word


@pytest.mark.parametrize("word", ["no", "yes", "on", "off", "y", "n", "true", "0250", "1e3"])
def test_an_id_is_the_text_that_it_looks_like(path: Path, word: str) -> None:
    path.write_text(GOOD.replace("  tea:", f"  {word}:"))
    assert list(load_menu(path).items) == [word]


def test_one_word_written_in_two_ways_is_an_id_that_is_there_twice(path: Path) -> None:
    item = GOOD[GOOD.index("  tea:") :]
    text = GOOD + item.replace("tea:", "'tea':", 1)
    assert errors(path, text) == ["menu:12: items.tea: is there twice"]


@pytest.mark.parametrize("written", [GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD, GOOD + "\n...\n"])
def test_line_ends_and_byte_order_marks_are_as_editors_write_them(path: Path, written: str) -> None:
    path.write_text(GOOD)
    menu = load_menu(path)
    path.write_bytes(written.encode())
    assert load_menu(path) == menu


def test_anchors_aliases_and_merge_keys_are_understood(path: Path) -> None:
    item = "    prep_seconds: 40\n    sizes: {small: 260, large: 340}\n    modifiers: [decaf]\n"
    text = GOOD.replace("  tea:\n", "  tea: &tea\n") + "  chai:\n    <<: *tea\n    name: Chai\n"
    assert item in text
    path.write_text(text)
    assert [item.name for item in load_menu(path).items.values()] == ["Tea", "Chai"]


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(MenuFileError, match=r"menu\.yaml: No such file or directory"):
        load_menu(path)
