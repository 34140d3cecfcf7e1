"""What the fields of requests may hold, beyond their types; each refusal says what should be."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)


_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""General categories (Unicode Standard, section 4.5): what cannot be printed, what is not seen."""

_UNSEEN_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Fillers, which are letters or symbols by their category."""


def _printable(text: str) -> str:
    if any(unicodedata.category(character) in _UNPRINTABLE for character in text):
        raise PydanticCustomError("control_character", "Text should have no control characters")
    return text


def _not_blank(text: str) -> str:
    if all(unicodedata.category(c) in _UNSEEN or c in _UNSEEN_LETTERS for c in text):
        raise PydanticCustomError("blank", "Text should not be blank")
    return text


def no_modifier_twice(modifiers: list[str]) -> list[str]:
    """Pass a list on in which every modifier is there once."""
    if len(set(modifiers)) < len(modifiers):
        raise PydanticCustomError("repeated_modifier", "No modifier should be there twice")
    return modifiers


def _point_in_time(text: object) -> dt.datetime:
    if not (isinstance(text, str) and _RFC_3339.fullmatch(text)):
        message = "Time should be text as in RFC 3339, with its zone"
        raise PydanticCustomError("not_rfc_3339", message)
    try:
        return dt.datetime.fromisoformat(text.upper()).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        message = "Time should be one that there is, in the years 1 to 9999, UTC"
        raise PydanticCustomError("no_such_time", message) from None


Id = Annotated[str, AfterValidator(_printable)]
Note = Annotated[str, Field(max_length=200), AfterValidator(_printable)]
Name = Annotated[
    str,
    Field(min_length=1, max_length=80, json_schema_extra={"pattern": r"\S"}),
    AfterValidator(_printable),
    AfterValidator(_not_blank),
]
PointInTime = Annotated[dt.datetime, BeforeValidator(_point_in_time)]
