"""Errors as `application/problem+json` (RFC 9457), each of a kind with a stable `type`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import hdrs, web
from pydantic import BaseModel, Field

from shared.domain.errors import FieldError


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of error: the last part of its `type`, the HTTP status it comes with, its title."""

    slug: str
    status: HTTPStatus
    title: str


class FieldErrorModel(BaseModel):
    """One error in what was sent."""

    pointer: str = Field(
        description="JSON pointer (RFC 6901) into the body, or into the query as an object"
    )
    detail: str


class ProblemModel(BaseModel):
    """A problem in the JSON format of RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldErrorModel] | None = None


class Problem(Exception):  # noqa: N818 - RFC 9457's own word
    """An error response; `retry_after` is in seconds."""

    def __init__(
        self,
        kind: ProblemKind,
        detail: str,
        *,
        field_errors: Sequence[FieldError] = (),
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.field_errors = field_errors
        self.retry_after = retry_after
        self.headers = dict(headers or {})


MALFORMED_JSON = ProblemKind("malformed-json", HTTPStatus.BAD_REQUEST, "The body is not valid JSON")
INVALID_REQUEST = ProblemKind("invalid-request", HTTPStatus.BAD_REQUEST, "The request is not valid")
UNAUTHORIZED = ProblemKind("unauthorized", HTTPStatus.UNAUTHORIZED, "Authentication is required")
FORBIDDEN = ProblemKind("forbidden", HTTPStatus.FORBIDDEN, "The key is not good for this")
NOT_FOUND = ProblemKind("not-found", HTTPStatus.NOT_FOUND, "Not found")
METHOD_NOT_ALLOWED = ProblemKind(
    "method-not-allowed", HTTPStatus.METHOD_NOT_ALLOWED, "The method is not allowed for this path"
)
CONTENT_TOO_LARGE = ProblemKind(
    "content-too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large"
)
UNSUPPORTED_MEDIA_TYPE = ProblemKind(
    "unsupported-media-type",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "The media type is not supported",
)
REQUEST_TIMEOUT = ProblemKind(
    "request-timeout", HTTPStatus.REQUEST_TIMEOUT, "The request took too long to arrive"
)
HEADERS_TOO_LARGE = ProblemKind(
    "headers-too-large",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "The request headers are too large",
)
EXPECTATION_FAILED = ProblemKind(
    "expectation-failed", HTTPStatus.EXPECTATION_FAILED, "The expectation is not met"
)
INTERNAL_ERROR = ProblemKind(
    "internal-error", HTTPStatus.INTERNAL_SERVER_ERROR, "Internal server error"
)
TOO_MANY_REQUESTS = ProblemKind(
    "too-many-requests", HTTPStatus.TOO_MANY_REQUESTS, "Too many requests"
)
UNAVAILABLE = ProblemKind("unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "Temporarily unavailable")

TOO_BUSY = ProblemKind("too-busy", HTTPStatus.SERVICE_UNAVAILABLE, "Server is over capacity")


def json_pointer(path: Sequence[str | int]) -> str:
    """Write a path into a JSON value as RFC 6901 defines it."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def problem_response(problem: Problem) -> web.Response:
    """Make a response of a problem, with `Retry-After` in whole seconds, rounded up."""
    body = ProblemModel(
        type=f"/problems/{problem.kind.slug}",
        title=problem.kind.title,
        status=problem.kind.status,
        detail=problem.detail,
        errors=[
            FieldErrorModel(pointer=json_pointer(error.path), detail=error.detail)
            for error in problem.field_errors
        ]
        or None,
    )
    headers = dict(problem.headers)
    if problem.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(problem.retry_after)))
    response = web.Response(
        status=problem.kind.status,
        body=body.model_dump_json(exclude_none=True).encode(),
        content_type="application/problem+json",
        headers=headers,
    )
    if headers.get(hdrs.CONNECTION) == "close":
        response.force_close()
    return response
