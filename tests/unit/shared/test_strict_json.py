"""Bodies are accepted only when all JSON parsers read them alike."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.strict_json import MalformedJsonError, parse_object

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "Expecting value"),
        (b"{", "line 1, column"),
        (b"{} {}", "Extra data"),
        (b'{"a": 1,}', "line 1, column"),
        (b"{'a': 1}", "line 1, column"),
        (b'{"a": "\n"}', "control character"),
        (b"[]", "not a JSON object"),
        (b'"order"', "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1e400}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too long"),
        (b'{"a": "\xff"}', "UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "UTF-8"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"a": "\\udc00\\ud800"}', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b'{"a": 1, "\\u0061": 2}', "twice"),
        (b'{"a": [{"b": 1, "b": 1}]}', "twice"),
    ],
)
def test_json_that_parsers_read_differently_is_malformed(raw: bytes, reason: str) -> None:
    with pytest.raises(MalformedJsonError, match=reason):
        parse_object(raw, most_depth=32)


@pytest.mark.parametrize("depth", [33, 1_000, 10_000, 30_000])
@pytest.mark.parametrize(("opened", "closed"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_absurd_depth_is_malformed(depth: int, opened: bytes, closed: bytes) -> None:
    raw = b'{"a":' + opened * (depth - 1) + b"1" + closed * (depth - 1) + b"}"
    with pytest.raises(MalformedJsonError, match="nested"):
        parse_object(raw, most_depth=32)


def test_the_greatest_depth_is_still_taken() -> None:
    assert parse_object(b'{"a":' + b"[" * 31 + b"]" * 31 + b"}", most_depth=32)


def test_surrogates_in_pairs_are_one_character() -> None:
    assert parse_object(b'{"a": "\\ud83d\\ude00"}', most_depth=32) == {"a": "\U0001f600"}


def test_the_reason_never_repeats_what_was_sent() -> None:
    for raw in (b'{"secret": secret}', b'{"secret": 1, "secret": 2}', b'"secret\xff"'):
        with pytest.raises(MalformedJsonError) as malformed:
            parse_object(raw, most_depth=32)
        assert "secret" not in str(malformed.value)


@given(st.dictionaries(st.text(), VALUES))
def test_an_object_is_read_as_it_was_written(value: dict[str, Any]) -> None:
    assert parse_object(json.dumps(value).encode(), most_depth=32) == value


@pytest.mark.parametrize(
    "values", [b"[],", b"{},", b"1,", b'"",', b"[" * 20 + b"]" * 20 + b",", b'{"a":{}},']
)
def test_more_values_than_anybody_needs_are_malformed(values: bytes) -> None:
    raw = b'{"a":[' + values * 1001 + b"1]}"
    with pytest.raises(MalformedJsonError, match="more than 1000 values"):
        parse_object(raw, most_depth=32)


def test_what_stands_in_strings_does_not_count_as_values() -> None:
    text = '[a](b), {c} "quoted" \\, ' * 2000
    assert parse_object(json.dumps({"body": text}).encode(), most_depth=32) == {"body": text}


def test_a_thousand_values_may_be_sent() -> None:
    assert parse_object(json.dumps({"a": [1] * 990}).encode(), most_depth=32)


@pytest.mark.parametrize(
    "unfinished", [b'"' + b'\\"' * 32_000, b'"' * 64_001, b'"' + b"\\" * 64_000]
)
def test_a_string_that_never_ends_is_refused_in_one_pass(unfinished: bytes) -> None:
    began = time.process_time()
    with pytest.raises(MalformedJsonError):
        parse_object(b"," * 1001 + unfinished, most_depth=32)
    assert time.process_time() - began < 0.1
