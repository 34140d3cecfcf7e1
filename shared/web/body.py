"""Request bodies: JSON that is read within bounds, and taken only if nothing is wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TypeVar

from aiohttp import hdrs, web
from pydantic import BaseModel, ValidationError

from shared.web.field_errors import field_errors_of
from shared.web.keys import LIMITS
from shared.web.problem import (
    CONTENT_TOO_LARGE,
    MALFORMED_JSON,
    REQUEST_TIMEOUT,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
    ProblemKind,
)
from shared.web.strict_json import MalformedJsonError, parse_object

M = TypeVar("M", bound=BaseModel)

JSON_CONTENT_TYPE = "application/json"
FORM_CONTENT_TYPE = "application/x-www-form-urlencoded"
ASK_TO_CLOSE: Mapping[str, str] = {hdrs.CONNECTION: "close"}


async def read_body(request: web.Request, model: type[M], kind: ProblemKind) -> M:
    """Read the body as a `model`; types are taken strictly, so `"2"` is not 2.

    Raises a Problem: 413, 415 and 408 by what was sent and how, 400 MALFORMED_JSON, and `kind`
    (a 422) with every fault when it is JSON but no such model.
    """
    raw = await receive(request)
    try:
        sent = parse_object(raw, request.app[LIMITS].body_depth)
    except MalformedJsonError as error:
        raise Problem(MALFORMED_JSON, str(error)) from None
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        faults = field_errors_of(error, sent)
    raise Problem(kind, f"the body has {len(faults)} fault(s)", faults=faults)


async def receive(request: web.Request) -> bytes:
    """Receive the whole body of a request that should have a JSON one; may be called again.

    Raises a Problem of kind CONTENT_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE or REQUEST_TIMEOUT.
    """
    refuse_long_body(request)
    _refuse_other_types(request)
    seconds = request.app[LIMITS].body_seconds
    try:
        async with asyncio.timeout(seconds):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise _too_large(request) from None
    except TimeoutError:
        detail = f"the body was not complete within {seconds:g} s"
        raise Problem(REQUEST_TIMEOUT, detail, headers=ASK_TO_CLOSE) from None


def is_form(request: web.Request) -> bool:
    """Tell whether the body is what a browser makes of a page's form."""
    return request.content_type == FORM_CONTENT_TYPE


def refuse_long_body(request: web.Request) -> None:
    """Refuse by its announced length a body that is too long, before any of it is read."""
    if (request.content_length or 0) > request.app[LIMITS].body_bytes:
        raise _too_large(request)


def _refuse_other_types(request: web.Request) -> None:
    charset = (request.charset or "utf-8").lower()
    if request.content_type != JSON_CONTENT_TYPE or charset not in {"utf-8", "utf8"}:
        detail = "send the body as application/json in UTF-8"
        raise Problem(UNSUPPORTED_MEDIA_TYPE, detail)
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower() != "identity":
        raise Problem(UNSUPPORTED_MEDIA_TYPE, "send the body without a content encoding")


def _too_large(request: web.Request) -> Problem:
    detail = f"a body may be {request.app[LIMITS].body_bytes} bytes long"
    return Problem(CONTENT_TOO_LARGE, detail, headers=ASK_TO_CLOSE)
