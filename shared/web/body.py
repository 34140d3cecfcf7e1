"""Bodies and queries read as models, within limits and with their errors listed; JSON responses."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import TypeVar

from aiohttp import hdrs, web
from pydantic import BaseModel, ValidationError

from shared.domain.errors import FieldError
from shared.web.field_errors import field_errors_of, invalid
from shared.web.limits import LIMITS
from shared.web.operation import OPERATION
from shared.web.problem import (
    CONTENT_TOO_LARGE,
    INVALID_REQUEST,
    MALFORMED_JSON,
    REQUEST_TIMEOUT,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
    ProblemKind,
)
from shared.web.protocol import Connection
from shared.web.strict_json import MOST_VALUES, MalformedJsonError, parse_object

M = TypeVar("M", bound=BaseModel)

JSON_CONTENT_TYPE = "application/json"
FORM_CONTENT_TYPE = "application/x-www-form-urlencoded"

BODY: web.RequestKey[bytes] = web.RequestKey("BODY", bytes)
"""The body, once it has been received."""

CLOSE_CONNECTION: Mapping[str, str] = {hdrs.CONNECTION: "close"}


async def read_body(
    request: web.Request, model: type[M], kind: ProblemKind, most_values: int = MOST_VALUES
) -> M:
    """Read the body as a `model`; types are strict, so `"2"` is not 2.

    Raises a Problem: those of `receive`, 400 MALFORMED_JSON, and `kind` (a 422) with its errors
    when the JSON does not fit the model.
    """
    raw = await receive(request)
    try:
        sent = parse_object(raw, request.app[LIMITS].body_depth, most_values)
    except MalformedJsonError as error:
        raise Problem(MALFORMED_JSON, str(error)) from None
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        field_errors = field_errors_of(error, sent)
    raise invalid(kind, "body", field_errors)


async def read_body_if_sent(request: web.Request, model: type[M], kind: ProblemKind) -> M:
    """Read the body as `read_body` does, or return `model()` when the request has none."""
    return await read_body(request, model, kind) if request.body_exists else model()


async def receive(request: web.Request) -> bytes:
    """Receive the whole of a JSON body; may be called again.

    Raises a Problem of kind CONTENT_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE or REQUEST_TIMEOUT.
    """
    if BODY in request:
        return request[BODY]
    charset = (request.charset or "utf-8").lower()
    if request.content_type != JSON_CONTENT_TYPE or charset not in {"utf-8", "utf8"}:
        raise Problem(UNSUPPORTED_MEDIA_TYPE, "send the body as application/json in UTF-8")
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower() != "identity":
        raise Problem(UNSUPPORTED_MEDIA_TYPE, "send the body without a content encoding")
    received = request[BODY] = await _received(request)
    return received


async def _received(request: web.Request) -> bytes:
    seconds, most = request.app[LIMITS].body_seconds, most_bytes(request)
    body = bytearray()
    if request.content_length is None and isinstance(request.protocol, Connection):
        request.protocol.refuse_tiny_chunks(request.content)
    if request.content.is_eof():  # most bodies come with their head
        complete = request.content.read_nowait()
        if len(complete) > most:
            raise too_large(request)
        return complete
    try:
        async with asyncio.timeout(seconds):
            while part := await request.content.readany():
                body += part
                if len(body) > most:
                    raise too_large(request)
    except TimeoutError:
        detail = f"the body was not complete within {seconds:g} s"
        raise Problem(REQUEST_TIMEOUT, detail, headers=CLOSE_CONNECTION) from None
    return bytes(body)


def read_query(request: web.Request, model: type[M]) -> M:
    """Read the query as a `model`, each value from its text.

    Raises a Problem of kind INVALID_REQUEST that lists its errors.
    """
    sent = dict(request.query)
    twice = sorted(name for name in sent if len(request.query.getall(name)) > 1)
    field_errors = [FieldError((name,), "Parameter was given more than once") for name in twice]
    if not field_errors:
        try:
            return model.model_validate_strings(sent)
        except ValidationError as error:
            field_errors = field_errors_of(error, sent)
    raise invalid(INVALID_REQUEST, "query", field_errors)


def json_response(
    model: BaseModel,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Make a response of a model as JSON."""
    return web.Response(
        status=status,
        body=model.model_dump_json().encode(),
        content_type=JSON_CONTENT_TYPE,
        headers=headers,
    )


def is_form(request: web.Request) -> bool:
    """Return whether the body is what a browser makes of a page's form."""
    return request.content_type == FORM_CONTENT_TYPE


def most_bytes(request: web.Request) -> int:
    """Return how long the body may be."""
    return request[OPERATION].body_bytes or request.app[LIMITS].body_bytes


def too_large(request: web.Request) -> Problem:
    """Make the problem for a body that is longer than the operation's may be."""
    detail = f"the body may be {most_bytes(request)} bytes long"
    return Problem(CONTENT_TOO_LARGE, detail, headers=CLOSE_CONNECTION)
