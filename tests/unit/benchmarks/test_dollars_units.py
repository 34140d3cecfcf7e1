"""What DynamoDB bills for an item, by its size and the entries in indexes."""

from __future__ import annotations

import pytest

from benchmarks.dollars.units import Item, index_writes, item_bytes, read_units, write_units

OPEN: Item = {
    "pk": {"S": "order#1"},
    "open": {"S": "main"},
    "day": {"S": "main#2026-11-20"},
    "placed": {"S": "12:00"},
}
CLOSED = {name: value for name, value in OPEN.items() if name != "open"}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "crème"}, 6),
        ({"B": "AAECAw=="}, 4),
        ({"N": "7"}, 2),
        ({"N": "-1234.5"}, 4),
        ({"SS": ["a", "bc"]}, 3),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
    ],
)
def test_an_attribute_counts_with_its_name(value: dict[str, object], size: int) -> None:
    assert item_bytes({"name": value}) == 4 + size


def test_a_write_is_billed_by_the_kilobyte_and_by_the_larger_version() -> None:
    small, large = {"a": {"S": "x" * 1023}}, {"a": {"S": "x" * 1024}}

    assert (write_units({}, small), write_units({}, large)) == (1, 2)
    assert write_units(large, small) == write_units(small, large) == 2


def test_a_read_is_billed_by_four_kilobytes_and_half_of_it_when_it_may_be_old() -> None:
    item = {"a": {"S": "x" * 4000}}

    assert read_units([item], consistent=True) == 1
    assert read_units([item, item], consistent=True) == 2
    assert read_units([], consistent=False) == 0.5


@pytest.mark.parametrize(
    ("before", "after", "entries"),
    [
        ({}, OPEN, 2),
        (OPEN, OPEN, 0),
        (OPEN, CLOSED, 1),
        ({}, CLOSED, 1),
        (OPEN, {**OPEN, "placed": {"S": "13:00"}}, 4),
    ],
)
def test_an_index_entry_is_a_write_and_a_changed_one_two(
    before: Item, after: Item, entries: int
) -> None:
    assert index_writes(before, after) == entries
