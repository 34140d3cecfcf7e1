"""Field types of requests: strict bodies, and text that people can read."""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from typing import Annotated, Any, LiteralString

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)

_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""General categories (Unicode Standard, section 4.5): not printable; printable but invisible."""

_NOT_SENDABLE = frozenset("\ufffe\uffff")
"""Printable characters that SQS refuses (SendMessage), and for which SNS drops a message."""

_NOT_A_CHARACTER: LiteralString = "Text should have no U+FFFE and no U+FFFF"

_LAYOUT = dict.fromkeys(map(ord, "\t\r\n"))

_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Fillers, which are letters or symbols by their category."""


def printable(text: str) -> str:
    """Refuse control characters and what queues refuse."""
    if text.isascii() and text.isprintable():
        return text  # most are, and are not looked at character by character
    if any(unicodedata.category(character) in _UNPRINTABLE for character in text):
        raise PydanticCustomError("control_character", "Text should have no control characters")
    if not _NOT_SENDABLE.isdisjoint(text):
        raise PydanticCustomError("not_a_character", _NOT_A_CHARACTER)
    return text


def printable_lines(text: str) -> str:
    """Refuse what `printable` refuses, except for tabs and line breaks."""
    printable(text.translate(_LAYOUT))
    return text


def sendable(data: dict[str, Any]) -> dict[str, Any]:
    """Refuse JSON that queues refuse; the other characters they refuse are escaped in JSON."""
    if not _NOT_SENDABLE.isdisjoint(json.dumps(data, ensure_ascii=False)):
        raise PydanticCustomError("not_a_character", _NOT_A_CHARACTER)
    return data


def not_blank(text: str) -> str:
    """Refuse text of which nothing is visible."""
    if all(unicodedata.category(c) in _INVISIBLE or c in _INVISIBLE_LETTERS for c in text):
        raise PydanticCustomError("blank", "Text should not be blank")
    return text


class Body(BaseModel):
    """A request's body: every field known, nothing coerced."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _point_in_time(text: object) -> dt.datetime:
    if not (isinstance(text, str) and _RFC_3339.fullmatch(text)):
        message = "Time should be text as in RFC 3339, with its zone"
        raise PydanticCustomError("not_rfc_3339", message)
    try:
        return dt.datetime.fromisoformat(text.upper()).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        message = "Time should be one that there is, in the years 1 to 9999, UTC"
        raise PydanticCustomError("no_such_time", message) from None


def _whole(number: object) -> object:
    """Read 1.0 and 1e0 as 1, which JSON Schema (2020-12, 6.1.1) counts among the integers."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


WHOLE = BeforeValidator(_whole)
PrintableText = Annotated[str, AfterValidator(printable)]
VisibleText = Annotated[
    str,
    Field(min_length=1, json_schema_extra={"pattern": r"\S"}),
    AfterValidator(printable),
    AfterValidator(not_blank),
]
PointInTime = Annotated[dt.datetime, BeforeValidator(_point_in_time)]
