"""What is wrong with a value, in plain words: pydantic's own speak of Python and of patterns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, LiteralString, get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, core_schema

_NOT_VALID = "This is not valid"

_TEXT, _NUMBER, _WHOLE = "This should be text", "This should be a number", "a whole number"
_OBJECT, _LIST = "This should be an object, with named fields", "This should be a list"
_MISSING = "This is missing"

_ENTRY, _CHARACTER = ("entry", "entries"), ("character", "characters")

_FIXED: Mapping[str, str] = {
    "missing": _MISSING,
    "union_tag_not_found": _MISSING,
    "extra_forbidden": "There is no such field",
    "none_required": "This should be null",
    "string_type": _TEXT,
    "string_unicode": "This should be text in UTF-8",
    "string_pattern_mismatch": "This has characters, or a length, that are not allowed here",
    "bool_type": "This should be true or false",
    "bool_parsing": "This should be on or off, true or false, 1 or 0",
    "int_type": f"This should be {_WHOLE}",
    "int_parsing": f"This should be {_WHOLE}",
    "int_from_float": f"This should be {_WHOLE}",
    "int_parsing_size": f"This should be {_WHOLE} with fewer digits",
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": "This should be a number, not infinity and not NaN",
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "invalid_key": "A name should be text",
    "json_invalid": "This is not valid JSON",
    "path_type": "This should be the path of a file or folder",
    "ip_any_network": "This should be a network, as in 10.0.0.0/8 or fd00::/8",
}

_MADE: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than": lambda context: f"This should be more than {_plain(context['gt'])}",
    "greater_than_equal": lambda context: f"This should be at least {_plain(context['ge'])}",
    "less_than": lambda context: f"This should be less than {_plain(context['lt'])}",
    "less_than_equal": lambda context: f"This should be at most {_plain(context['le'])}",
    "too_short": lambda context: (
        f"This should have at least {_many(context['min_length'], _counted(context))}"
    ),
    "too_long": lambda context: (
        f"This should have at most {_many(context['max_length'], _counted(context))}"
    ),
    "string_too_short": lambda context: f"This should have at least {_many(context['min_length'])}",
    "string_too_long": lambda context: f"This should have at most {_many(context['max_length'])}",
    "literal_error": lambda context: f"This should be {context['expected']}",
    "enum": lambda context: f"This should be {context['expected']}",
    "union_tag_invalid": lambda context: f"This should be one of {context['expected_tags']}",
    "value_error": lambda context: str(context["error"]),
}

_PYDANTICS_OWN = frozenset(get_args(core_schema.ErrorType))


def plain_message(found: ErrorDetails) -> str:
    """Say what is wrong, without what was sent; our own messages are kept as they are."""
    kind = found["type"]
    if made := _MADE.get(kind):
        return made(found["ctx"])
    return _FIXED.get(kind) or (_NOT_VALID if kind in _PYDANTICS_OWN else found["msg"])


@dataclass(frozen=True, slots=True)
class Matching:
    """Requires text to match a regular expression as a whole, by `Annotated[str, Matching(…)]`.

    The schema has the pattern; the error says what is `expected`, as in "3 capital letters".
    """

    pattern: str
    expected: LiteralString

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}

    def _check(self, text: str) -> str:
        if re.fullmatch(self.pattern, text) is None:
            raise PydanticCustomError(
                "not_as_expected", "This should be {expected}", {"expected": self.expected}
            )
        return text


def _counted(context: Mapping[str, Any]) -> tuple[str, str]:
    """Say what a length counts: behind a validator, as in VisibleText, pydantic does not know."""
    return _CHARACTER if context.get("field_type") == "Value" else _ENTRY


def _plain(number: float) -> str:
    """Write a bound as people do, as in 1,000,000 and 0.5."""
    return f"{int(number):,}" if number == int(number) else f"{number:,}"


def _many(count: int, noun: tuple[str, str] = _CHARACTER) -> str:
    return f"{count:,} {noun[count != 1]}"
