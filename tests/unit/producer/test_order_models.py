"""One order has one fingerprint, however its JSON was written, and no other order has it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from producer.http.place_order import PlaceOrder
from producer.http.shop import SetShop

LINE: dict[str, Any] = {"item": "latte", "size": "large", "quantity": 2}
ORDER: dict[str, Any] = {"customer_name": "Ada", "items": [LINE]}


def fingerprint(written: str) -> str:
    return PlaceOrder.model_validate_json(written, strict=True).fingerprint()


@given(st.permutations(list(LINE)), st.permutations(list(ORDER)), st.sampled_from([None, 1, 4]))
def test_order_and_white_space_make_no_difference(
    line_names: list[str], order_names: list[str], indent: int | None
) -> None:
    line = {name: LINE[name] for name in line_names}
    order = {name: (ORDER | {"items": [line]})[name] for name in order_names}
    assert fingerprint(json.dumps(order, indent=indent)) == fingerprint(json.dumps(ORDER))


@pytest.mark.parametrize(
    "written",
    [
        json.dumps(ORDER | {"items": [LINE | {"modifiers": []}]}),
        json.dumps(ORDER | {"items": [LINE | {"note": None}]}),
        json.dumps(ORDER).replace("Ada", "\\u0041da"),
        json.dumps(ORDER).replace("latte", "l\\u0061tte"),
    ],
    ids=["no modifiers spelled out", "no note spelled out", "a letter escaped", "an id escaped"],
)
def test_nor_do_defaults_that_are_spelled_out_and_letters_that_are_escaped(written: str) -> None:
    assert fingerprint(written) == fingerprint(json.dumps(ORDER))


@pytest.mark.parametrize(
    "other",
    [
        ORDER | {"customer_name": "ada"},
        ORDER | {"items": [LINE, LINE]},
        ORDER | {"items": [LINE | {"quantity": 3}]},
        ORDER | {"items": [LINE | {"note": ""}]},
        ORDER | {"items": [LINE | {"modifiers": ["decaf"]}]},
        ORDER | {"items": [LINE | {"size": "small"}]},
    ],
    ids=["name", "lines", "quantity", "note", "modifiers", "size"],
)
def test_another_order_has_another_fingerprint(other: dict[str, Any]) -> None:
    assert fingerprint(json.dumps(other)) != fingerprint(json.dumps(ORDER))


@pytest.mark.parametrize(
    ("until", "error"),
    [
        ("9999-12-31T23:59:59-01:00", "years 1 to 9999"),
        ("0001-01-01T00:00:00+01:00", "years 1 to 9999"),
        ("2026-11-20T12:00:00", "zone"),
        ("1700000000", "RFC 3339"),
        ("2026-11-20", "RFC 3339"),
        ("2026-02-30T12:00:00Z", "one that there is"),
        (1700000000, "RFC 3339"),
    ],
)
def test_a_time_that_the_shop_cannot_keep_is_refused(until: object, error: str) -> None:
    written = json.dumps({"state": "closed", "until": until})
    with pytest.raises(ValidationError, match=error):
        SetShop.model_validate_json(written, strict=True)


def test_a_time_of_any_zone_is_taken() -> None:
    written = json.dumps({"state": "paused", "until": "2026-11-20t14:00:00.5+02:00"})
    until = SetShop.model_validate_json(written, strict=True).until
    assert until is not None
    assert until.timestamp() == 1795176000.5
