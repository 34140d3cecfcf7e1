"""Every way to get an order wrong has its answer, and none of them places one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.support.cashier import LINE, ORDER, ServedCashier

pytestmark = pytest.mark.asyncio(loop_scope="module")

WRITTEN = json.dumps(ORDER).encode()
A_KEY = "8f14e45f-ceea-467f"


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def no_order_is_placed(cashier: ServedCashier) -> AsyncIterator[None]:
    before = await _newest(cashier)
    yield
    assert await _newest(cashier) == before


async def _newest(cashier: ServedCashier) -> object:
    return (await cashier.staff("GET", "/orders?limit=1")).body


@pytest.mark.parametrize(
    "keys",
    [
        [b"k" * 15],
        [b"k" * 256],
        [b"a key with spaces"],
        ["schlüssel-schlüssel".encode()],
        ["schlüssel-schlüssel".encode("latin-1")],
        [b"tab\tin-the-middle"],
        [b""],
        [A_KEY.encode(), A_KEY.encode()],
    ],
    ids=[
        "too short",
        "too long",
        "with spaces",
        "not ASCII",
        "not even UTF-8",
        "with a tab",
        "empty",
        "twice",
    ],
)
async def test_a_malformed_key_is_refused(cashier: ServedCashier, keys: list[bytes]) -> None:
    head = b"".join(b"Idempotency-Key: " + key + b"\r\n" for key in keys)
    refused = await cashier.send_bare(b"POST /orders", head, WRITTEN)
    assert refused == (400, "/problems/invalid-idempotency-key")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"latte",
        b"null",
        b"[]",
        b'"latte"',
        b"[" + WRITTEN + b"]",
        WRITTEN[:-1],
        WRITTEN + b"}",
        WRITTEN + b" latte",
        b"\xef\xbb\xbf" + WRITTEN,
        WRITTEN.replace(b"Ada", b"\xff"),
        WRITTEN.replace(b"Ada", b"\\ud800"),
        WRITTEN.replace(b"Ada", b"\\udc00\\ud800"),
        WRITTEN.replace(b'"Ada"', b"NaN"),
        WRITTEN.replace(b'"quantity": 2', b'"quantity": Infinity'),
        WRITTEN.replace(b'"quantity": 2', b'"quantity": -Infinity'),
        WRITTEN.replace(b'"quantity": 2', b'"quantity": 1e999'),
        WRITTEN.replace(b'"quantity": 2', b'"quantity": ' + b"9" * 5000),
        WRITTEN.replace(b'"quantity": 2', b'"quantity": 02'),
        WRITTEN.replace(b'"quantity": 2', b'"quantity": 2, "quantity": 3'),
        WRITTEN.replace(b"Ada", b"A\nda"),
        b"{'customer_name': 'Ada'}",
        b'{"items": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"items": ' * 5_000 + b"1" + b"}" * 5_000,
        b"[" * 60_000,
    ],
    ids=[
        "nothing",
        "white space",
        "no JSON",
        "null",
        "an array",
        "a string",
        "an order in an array",
        "cut short",
        "one brace too many",
        "something after it",
        "a byte order mark",
        "not UTF-8",
        "a lone surrogate",
        "surrogates the wrong way round",
        "NaN",
        "Infinity",
        "-Infinity",
        "a number too large",
        "a number too long",
        "a number with a zero before it",
        "a name twice",
        "a line feed in a string",
        "single quotes",
        "10,000 arrays deep",
        "5,000 objects deep",
        "60,000 brackets",
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(
    cashier: ServedCashier, body: bytes
) -> None:
    refused = await cashier.place(body)
    assert refused.problem == (400, "/problems/malformed-json")


def order_with(**fields: Any) -> dict[str, Any]:
    return ORDER | fields


def line_with(**fields: Any) -> dict[str, Any]:
    return ORDER | {"items": [LINE | fields]}


def without(names: list[str], fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


INVALID = {
    "nothing in it": ({}, ["/customer_name", "/items"]),
    "no name": (without(["customer_name"], ORDER), ["/customer_name"]),
    "a number for a name": (order_with(customer_name=5), ["/customer_name"]),
    "null for a name": (order_with(customer_name=None), ["/customer_name"]),
    "an empty name": (order_with(customer_name=""), ["/customer_name"]),
    "a blank name": (order_with(customer_name=" \u00a0\u3000"), ["/customer_name"]),
    "a name that shows as nothing": (order_with(customer_name="\u200b\u3164"), ["/customer_name"]),
    "81 characters of name": (order_with(customer_name="a" * 81), ["/customer_name"]),
    "a line feed in the name": (order_with(customer_name="A\nda"), ["/customer_name"]),
    "a NUL in the name": (order_with(customer_name="A\x00da"), ["/customer_name"]),
    "a DEL in the name": (order_with(customer_name="A\x7fda"), ["/customer_name"]),
    "a C1 control in the name": (order_with(customer_name="A\x85da"), ["/customer_name"]),
    "a line separator in the name": (order_with(customer_name="A\u2028da"), ["/customer_name"]),
    "an unknown field": (order_with(coupon="FREE"), ["/coupon"]),
    "a field to be escaped": (order_with(**{"a/b~c": 1}), ["/a~1b~0c"]),
    "no items": (order_with(items=[]), ["/items"]),
    "null for items": (order_with(items=None), ["/items"]),
    "an object for items": (order_with(items=LINE), ["/items"]),
    "21 items": (order_with(items=[LINE] * 21), ["/items"]),
    "a string for a line": (order_with(items=["latte"]), ["/items/0"]),
    "a line with nothing in it": (
        order_with(items=[{}]),
        ["/items/0/item", "/items/0/size", "/items/0/quantity"],
    ),
    "an unknown field of a line": (line_with(colour="red"), ["/items/0/colour"]),
    "a number for an item": (line_with(item=1), ["/items/0/item"]),
    "null for a size": (line_with(size=None), ["/items/0/size"]),
    "quantity 0": (line_with(quantity=0), ["/items/0/quantity"]),
    "quantity -1": (line_with(quantity=-1), ["/items/0/quantity"]),
    "quantity 21": (line_with(quantity=21), ["/items/0/quantity"]),
    "quantity 1.5": (line_with(quantity=1.5), ["/items/0/quantity"]),
    "quantity in quotes": (line_with(quantity="2"), ["/items/0/quantity"]),
    "quantity true": (line_with(quantity=True), ["/items/0/quantity"]),
    "quantity null": (line_with(quantity=None), ["/items/0/quantity"]),
    "quantity of 30 digits": (line_with(quantity=10**30), ["/items/0/quantity"]),
    "no quantity": (
        order_with(items=[without(["quantity"], LINE)]),
        ["/items/0/quantity"],
    ),
    "a modifier twice": (line_with(modifiers=["decaf", "decaf"]), ["/items/0/modifiers"]),
    "a string for modifiers": (line_with(modifiers="decaf"), ["/items/0/modifiers"]),
    "null for modifiers": (line_with(modifiers=None), ["/items/0/modifiers"]),
    "a number for a modifier": (line_with(modifiers=["decaf", 1]), ["/items/0/modifiers/1"]),
    "201 characters of note": (line_with(note="a" * 201), ["/items/0/note"]),
    "a control character in the note": (line_with(note="a\x1bb"), ["/items/0/note"]),
    "a number for a note": (line_with(note=1), ["/items/0/note"]),
    "many errors at once": (
        {
            "customer_name": " ",
            "items": [LINE | {"quantity": 0, "note": "\n"}, LINE, {"item": 1, "size": "large"}],
            "x": 1,
        },
        [
            "/customer_name",
            "/items/0/quantity",
            "/items/0/note",
            "/items/2/item",
            "/items/2/quantity",
            "/x",
        ],
    ),
}


@pytest.mark.parametrize(("order", "pointers"), INVALID.values(), ids=INVALID)
async def test_an_invalid_order_is_refused_with_every_error(
    cashier: ServedCashier, order: dict[str, Any], pointers: list[str]
) -> None:
    refused = await cashier.place(order)
    assert refused.problem == (422, "/problems/invalid-order")
    assert refused.pointers == pointers
    assert all(error["detail"] for error in refused.body["errors"])


async def test_what_was_sent_is_not_repeated_in_the_answer(cashier: ServedCashier) -> None:
    refused = await cashier.place(order_with(customer_name="Ada Lovelace\n", phone="0123456789"))
    assert "Lovelace" not in json.dumps(refused.body)
    assert "0123456789" not in json.dumps(refused.body)


async def test_every_value_of_the_largest_order_may_be_wrong_and_is_listed(
    cashier: ServedCashier,
) -> None:
    line = {"item": 1, "size": 2, "modifiers": [3] * 20, "quantity": 0, "note": 4}
    wrong = {"customer_name": 5, "items": [line] * 20, "notify": {"channel": "email", "address": 6}}
    refused = await cashier.place(wrong)
    assert refused.problem == (422, "/problems/invalid-order")
    pointers = {error["pointer"] for error in refused.body["errors"]}
    assert len(pointers) == len(refused.body["errors"]) == 20 * (4 + 20) + 2
    assert refused.body["detail"] == "the body has 482 error(s)"


@pytest.mark.parametrize(
    ("line", "pointers"),
    [
        (LINE | {"item": "lotte"}, ["/items/1/item"]),
        (LINE | {"item": "Latte"}, ["/items/1/item"]),
        (LINE | {"size": "regular"}, ["/items/1/size"]),
        (LINE | {"modifiers": ["decaf", "gin"]}, ["/items/1/modifiers/1"]),
        (
            LINE | {"item": "croissant"},
            ["/items/1/size", "/items/1/modifiers/0"],
        ),
    ],
    ids=["item", "item in capitals", "size", "modifier", "all that food does not come with"],
)
async def test_each_field_that_is_not_on_the_menu_is_named(
    cashier: ServedCashier, line: dict[str, Any], pointers: list[str]
) -> None:
    refused = await cashier.place(ORDER | {"items": [LINE, line]})
    assert refused.problem == (422, "/problems/not-on-the-menu")
    assert refused.pointers == pointers


async def test_a_body_over_64_kib_is_too_large(cashier: ServedCashier) -> None:
    refused = await cashier.place(WRITTEN.ljust(64 * 1024 + 1))
    assert refused.problem == (413, "/problems/content-too-large")


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data"])
async def test_another_content_type_is_not_read(cashier: ServedCashier, content_type: str) -> None:
    refused = await cashier.send_bare(
        b"POST /orders", b"Content-Type: " + content_type.encode() + b"\r\n", WRITTEN
    )
    assert refused == (415, "/problems/unsupported-media-type")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/orders", {"GET", "HEAD", "POST"}),
        ("PATCH", "/orders/abc", {"GET", "HEAD"}),
        ("GET", "/orders/abc/cancel", {"POST"}),
        ("POST", "/menu", {"GET", "HEAD"}),
        ("GET", "/menu/items/latte", {"PUT"}),
        ("POST", "/shop", {"GET", "HEAD", "PUT"}),
    ],
)
async def test_another_method_is_refused_with_the_allowed_ones(
    cashier: ServedCashier, method: str, path: str, allowed: set[str]
) -> None:
    refused = await cashier.ask(method, path)
    assert refused.problem == (405, "/problems/method-not-allowed")
    assert set(refused.headers["Allow"].split(",")) == allowed


@pytest.mark.parametrize("path", ["/order", "/orders/", "/orders/a/b/c", "/menu/items", "/%00"])
async def test_an_unknown_path_is_not_found(cashier: ServedCashier, path: str) -> None:
    assert (await cashier.ask("GET", path)).problem == (404, "/problems/not-found")
