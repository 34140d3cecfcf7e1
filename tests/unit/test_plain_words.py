"""Whatever is wrong with a body, a query, a setting or the menu is said in plain words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, get_args

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from pydantic_core.core_schema import ErrorType
from pydantic_settings import BaseSettings

from notifier.app import NOTIFIER_OPERATIONS
from notifier.http.dead_letters import ListDeadLetters as ListDeadDeliveries
from notifier.http.events import FollowEvents
from notifier.settings import NotifierSettings
from producer.app import CASHIER_OPERATIONS
from producer.http.dead_letters import ListDeadLetters
from producer.http.orders import ListOrders
from producer.http.place_order import PlaceOrder
from producer.menu.file import MenuFileError, load_menu
from producer.settings import CashierSettings
from shared.runtime.startup import StartupError, read_settings
from shared.runtime.validation import plain_message
from shared.web.field_errors import field_errors_of
from shared.web.fields import VisibleText
from shop.settings import ShopSettings
from worker.photos.settings import PhotoWorkerSettings
from worker.settings import WorkerSettings

BODIES = [op.body for op in (*CASHIER_OPERATIONS, *NOTIFIER_OPERATIONS) if op.body is not None]
QUERIES = (ListOrders, ListDeadLetters, ListDeadDeliveries, FollowEvents)
SETTINGS = (CashierSettings, NotifierSettings, WorkerSettings, PhotoWorkerSettings, ShopSettings)

WRONG: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 10**30, 1e300, "", " ", "x", "\u202e", "\u0007", "x" * 100_000),
    *([], [None], ["x"] * 300, [{}], {}, {"channel": "pigeon"}, {"channel": "webhook"}),
    *({"channel": "email", "address": "@"}, {"channel": "sqs", "filter": {"type": ["soon"]}}),
)
LEAKS = re.compile(
    r"pydantic|[Ii]nput should|[Ss]tring should|[Vv]alue error|[Dd]ictionary|[Ff]ield required"
    r"|valid (string|integer|list|boolean)|[Ee]xtra inputs|pattern|\^|\$$|\[a-z|unable to parse"
)


def bodies(kind: type[BaseModel]) -> Iterator[Any]:
    """Bodies with one wrong value each, at every field, two levels down."""
    yield from ({}, {"no such field": 1})
    fields = {*kind.model_fields, "channel", "url", "address", "filter"}
    inner = {"item": "latte", "size": "large", "quantity": 1, "channel": "webhook"}
    for wrong in WRONG:
        for field in fields:
            yield {field: wrong, "channel": "webhook"} if field != "channel" else {field: wrong}
            for name in (*inner, "modifiers", "note"):
                yield {field: [{**inner, name: wrong}]}
                yield {field: {**inner, name: wrong}}


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.__name__)
def test_no_answer_to_a_wrong_body_speaks_of_patterns_or_of_python(kind: type[BaseModel]) -> None:
    said = set()
    for sent in bodies(kind):
        try:
            kind.model_validate_json(json.dumps(sent), strict=True)
        except ValidationError as error:
            said |= {found.detail for found in field_errors_of(error, sent)}
    assert said
    assert {detail for detail in said if LEAKS.search(detail)} == set()


@pytest.mark.parametrize("kind", QUERIES, ids=lambda kind: kind.__name__)
def test_no_answer_to_a_wrong_query_does(kind: type[BaseModel]) -> None:
    said = set()
    for field in (*kind.model_fields, "other"):
        for wrong in ("", "x" * 2000, "0", "-1", "1.5", "1" * 5000, "nan"):
            try:
                kind.model_validate_strings({field: wrong})
            except ValidationError as error:
                said |= {found.detail for found in field_errors_of(error, {field: wrong})}
    assert said
    assert {detail for detail in said if LEAKS.search(detail)} == set()


@pytest.mark.parametrize("kind", SETTINGS)
def test_no_line_about_a_wrong_setting_does(
    monkeypatch: pytest.MonkeyPatch, kind: type[BaseSettings]
) -> None:
    said = set()
    for field in kind.model_fields:
        for wrong in ("x y", "-1", "1.5", "1e999", "nan", "1" * 5000, "x" * 5000, "{", "[]", "Ä"):
            with monkeypatch.context() as environment:
                environment.setenv(f"COFFEE_{field.upper()}", wrong)
                try:
                    read_settings(kind)
                except StartupError as error:
                    said |= {*error.lines}
    assert len(said) > 10
    assert {line for line in said if LEAKS.search(line)} == set()


def test_no_line_about_a_wrong_menu_does(tmp_path: Any) -> None:
    good = {
        "currency": "EUR",
        "sizes": {"small": "Small"},
        "modifiers": {"decaf": {"name": "Decaf", "price": 0}},
        "items": {
            "tea": {
                "name": "Tea",
                "description": "",
                "category": "tea",
                "prep_seconds": 40,
                "sizes": {"small": 200},
                "modifiers": ["decaf"],
            }
        },
    }
    said: set[str] = set()
    file = tmp_path / "menu"
    tea = good["items"]["tea"]  # type: ignore[index]
    for wrong in (*WRONG, {"Ä!": 1}, {7: 1}):
        variants = [good | {field: wrong} for field in (*good, "colour")]
        variants += [good | {"items": {"tea": tea | {field: wrong}}} for field in (*tea, "colour")]
        for menu in variants:
            file.write_text(json.dumps(menu))
            try:
                load_menu(file)
            except MenuFileError as error:
                said |= {line.partition(": ")[2] for line in error.lines}
    assert len(said) > 10
    assert {line for line in said if LEAKS.search(line)} == set()


@pytest.mark.parametrize("kind", get_args(ErrorType))
def test_every_error_that_pydantic_can_find_has_plain_words(kind: str) -> None:
    context = dict.fromkeys(
        ("gt", "ge", "lt", "le", "min_length", "max_length", "actual_length"), 1
    ) | dict.fromkeys(("expected", "expected_tags", "error", "pattern"), "something")
    found: Any = {"type": kind, "loc": (), "msg": "Input should be pydantic's", "ctx": context}
    message = plain_message(found)
    assert message
    assert not LEAKS.search(message)


@pytest.mark.parametrize(
    ("annotation", "sent", "said"),
    [
        (Annotated[VisibleText, Field(max_length=80)], "x" * 81, "have at most 80 characters"),
        (Annotated[list[int], Field(max_length=1)], [1, 2], "have at most 1 entry"),
        (Annotated[float, Field(le=1_000_000)], 2e6, "be at most 1,000,000"),
        (Annotated[int, Field(ge=1234567)], 1, "be at least 1,234,567"),
        (Annotated[float, Field(gt=0.5)], 0.1, "be more than 0.5"),
    ],
)
def test_bounds_are_told_with_what_they_count(annotation: Any, sent: Any, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(annotation).validate_python(sent)
    assert [plain_message(found) for found in caught.value.errors()] == [f"This should {said}"]


@pytest.mark.parametrize("written", ["2", "2.0", "2e0", "20e-1"])
def test_a_number_without_a_fraction_is_whole_however_it_is_written(written: str) -> None:
    assert order(written).items[0].quantity == 2
    assert order(written).fingerprint() == order("2").fingerprint()


@pytest.mark.parametrize("written", ["2.5", "true", '"2"', "null", "0.0", "21.0"])
def test_what_is_no_whole_number_or_out_of_bounds_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        order(written)


def test_the_schema_of_a_whole_number_has_its_bounds() -> None:
    quantity = PlaceOrder.model_json_schema()["$defs"]["LineRequest"]["properties"]["quantity"]
    assert quantity == {"maximum": 20, "minimum": 1, "title": "Quantity", "type": "integer"}


def order(quantity: str) -> PlaceOrder:
    line = f'{{"item": "latte", "size": "large", "quantity": {quantity}}}'
    raw = f'{{"customer_name": "Ada", "items": [{line}]}}'
    return PlaceOrder.model_validate_json(raw, strict=True)
