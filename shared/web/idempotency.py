"""The `Idempotency-Key` header: a request repeated under the same key is carried out once."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import Field

from shared.web.operation import Parameter
from shared.web.problem import Problem, ProblemKind

IDEMPOTENCY_KEY = "Idempotency-Key"

INVALID_KEY = ProblemKind(
    "invalid-idempotency-key", HTTPStatus.BAD_REQUEST, "The idempotency key is malformed"
)
KEY_REUSED = ProblemKind(
    "idempotency-key-reused",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The idempotency key belongs to another request",
)

_KEY = re.compile(r"[\x21-\x7e]{16,255}")


KEY_PARAMETER = Parameter(
    IDEMPOTENCY_KEY,
    "header",
    "16 to 255 visible ASCII characters; what is sent again under the same key is done once",
    Annotated[str, Field(pattern=rf"^{_KEY.pattern}$")],
)


def idempotency_key(request: web.Request) -> str | None:
    """Read the key, if there is one; raises a Problem of kind INVALID_KEY."""
    keys = request.headers.getall(IDEMPOTENCY_KEY, [])
    if not keys:
        return None
    if len(keys) > 1 or not is_idempotency_key(keys[0]):
        raise Problem(
            INVALID_KEY, f"{IDEMPOTENCY_KEY} is one of 16 to 255 visible ASCII characters"
        )
    return keys[0]


def is_idempotency_key(value: str) -> bool:
    """Return whether `value` is 16 to 255 visible ASCII characters."""
    return _KEY.fullmatch(value) is not None
