"""JSON that all parsers read alike: the Internet JSON of RFC 7493, with a limit on its depth."""

from __future__ import annotations

import itertools
import json
import math
import re
from typing import Any, NoReturn

MOST_VALUES = 1000
"""The largest order has a third of it."""


class MalformedJsonError(ValueError):
    """The text is not a JSON object that all parsers read alike."""


_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
"""One that does not end reaches to the end: else the search would begin again at each quote."""

_EVERY_VALUE = (b",", b"[", b"{")


def parse_object(raw: bytes, most_depth: int, most_values: int = MOST_VALUES) -> dict[str, Any]:
    """Parse a JSON object; raises MalformedJsonError, which never repeats what was sent.

    Besides bad syntax it refuses what parsers differ on (RFC 7493): text that is not UTF-8,
    unpaired surrogates, names that occur twice, numbers too large for a double. More than
    `most_values` are refused before they are parsed: the time that parsing takes grows with them.
    """
    if _count_values(raw) > most_values and _count_values(_STRING.sub(b"", raw)) > most_values:
        raise MalformedJsonError(f"the body has more than {most_values} values, or is nested so")
    try:
        text = raw.decode()
        if text.startswith("\ufeff"):
            raise json.JSONDecodeError("Unexpected UTF-8 BOM", text, 0)
        value = _DECODER.decode(text)
        if "\\u" in text:  # the only way to a surrogate, which does not encode
            json.dumps(value, ensure_ascii=False).encode()
    except MalformedJsonError:
        raise
    except (ValueError, RecursionError) as error:
        raise MalformedJsonError(_reason(error)) from None
    if not isinstance(value, dict):
        raise MalformedJsonError("the body is not a JSON object")
    if raw.count(b"[") + raw.count(b"{") > most_depth and _depth(value) > most_depth:
        raise MalformedJsonError(f"the body is nested more than {most_depth} deep")
    return value


def _count_values(raw: bytes) -> int:
    """Count what begins or separates values: there are hardly more of them than that."""
    return sum(map(raw.count, _EVERY_VALUE))


def _reason(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"{error.msg} at line {error.lineno}, column {error.colno}"
        case UnicodeDecodeError():
            return "the body is not UTF-8"
        case UnicodeEncodeError():
            return "a surrogate has no partner"
        case RecursionError():
            return "the body is nested too deeply"
        case _:
            return "a number is too long"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    parsed = dict(pairs)
    if len(parsed) < len(pairs):
        raise MalformedJsonError("a name occurs twice in one object")
    return parsed


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedJsonError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise MalformedJsonError("a number is too large")
    return number


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite
)


def _depth(value: dict[str, Any]) -> int:
    """Count the objects and arrays around the innermost value, `value` itself included."""
    level: list[Any] = [value]
    depth = 0
    while level:
        depth += 1
        inside = (outer.values() if isinstance(outer, dict) else outer for outer in level)
        level = [
            inner
            for inner in itertools.chain.from_iterable(inside)
            if isinstance(inner, dict | list)
        ]
    return depth
