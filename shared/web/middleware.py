"""The middleware around every request: correlation id, log line and metrics, errors as problems."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http import HTTPStatus

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from aiohttp.web_protocol import RequestPayloadError
from prometheus_client import CollectorRegistry, Counter, Histogram

from shared.domain.order import log_id
from shared.web.headers import CORRELATION_HEADER, CORRELATION_ID, RESPONSE, correlation_id
from shared.web.operation import OPERATION
from shared.web.problem import (
    CONTENT_TOO_LARGE,
    INTERNAL_ERROR,
    INVALID_REQUEST,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    UNAVAILABLE,
    Problem,
    ProblemKind,
    problem_response,
)
from shared.web.service import PROBLEMS

CLIENT_CLOSED_REQUEST = 499
"""nginx's status for a caller who left before the response; only logs and metrics show it."""

_ORDER = "/orders/{id}"
"""How the routes of one order begin."""

_KIND_BY_STATUS = {
    kind.status: kind
    for kind in (CONTENT_TOO_LARGE, INVALID_REQUEST, METHOD_NOT_ALLOWED, NOT_FOUND)
}

log = structlog.stdlib.get_logger(__name__)


class AccessLog:
    """Counts, times and logs requests by route, without anything that the caller sent.

    Requests to operations that only watch the service, and those of clients who send too many, are
    logged at debug.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("route", "method", "status")
        self._requests = Counter(
            "coffeeshop_http_requests", "Requests answered.", labels, registry=registry
        )
        self._seconds = Histogram(
            "coffeeshop_http_request_seconds",
            "Time to an answer's end; streams are left out.",
            labels,
            registry=registry,
        )

    @web.middleware
    async def follow(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Give the request and its log lines a correlation id; record it when it ends.

        It ends with a response, or when the caller leaves.
        """
        started = time.monotonic()
        status = CLIENT_CLOSED_REQUEST
        request[CORRELATION_ID] = correlation_id(request.headers.get(CORRELATION_HEADER))
        with structlog.contextvars.bound_contextvars(
            correlation_id=request[CORRELATION_ID], **_order_of(request)
        ):
            try:
                response = await handler(request)
                status = response.status
            finally:
                if RESPONSE in request:
                    status = request[RESPONSE].status
                self._record(request, status, time.monotonic() - started)
        return response

    def _record(self, request: web.Request, status: int, seconds: float) -> None:
        operation = request.get(OPERATION)
        route = operation.path if operation else "unmatched"
        method = request.method if request.method in hdrs.METH_ALL else "other"
        self._requests.labels(route, method, status).inc()
        if operation is None or not operation.is_stream:
            self._seconds.labels(route, method, status).observe(seconds)
        watches = operation is not None and operation.always_served
        is_quiet = watches or status == HTTPStatus.TOO_MANY_REQUESTS
        write = log.debug if is_quiet else log.info
        duration_ms = round(seconds * 1000, 1)
        write(
            "request.finished", method=method, route=route, status=status, duration_ms=duration_ms
        )


def _order_of(request: web.Request) -> Mapping[str, str]:
    """Name the order that the request's path is about, for logs."""
    resource = request.match_info.route.resource
    is_about_one = resource is not None and resource.canonical.startswith(_ORDER)
    return {"order": log_id(request.match_info["id"])} if is_about_one else {}


@web.middleware
async def errors_as_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Respond with a problem when the handler raises.

    A response that has begun is cut off instead, so that its reader knows it to be incomplete.
    """
    try:
        return await handler(request)
    except (web.HTTPRedirection, web.HTTPSuccessful) as response:
        return web.Response(status=response.status, headers=response.headers, text=response.text)
    except Exception as error:  # the outermost edge of a request; `_problem_of` logs
        if _caller_left(request, error):
            raise
        problem = _problem_of(request, error)
        if RESPONSE in request:
            log.warning("request.cut_off", problem=problem.kind.slug)
            raise ConnectionResetError from error
        return problem_response(problem)


def _caller_left(request: web.Request, error: Exception) -> bool:
    gone = request.transport is None or request.transport.is_closing()
    return gone and isinstance(error, ConnectionError)


def _problem_of(request: web.Request, error: Exception) -> Problem:
    problems = request.app[PROBLEMS]
    problem_of = next((problems[cls] for cls in type(error).__mro__ if cls in problems), None)
    if problem_of is not None:
        return problem_of(error)
    match error:
        case Problem():
            return error
        case web.HTTPException():
            return _of_aiohttp(error)
        case RequestPayloadError():
            detail = "the body does not end as its headers say"
            return Problem(INVALID_REQUEST, detail, headers={hdrs.CONNECTION: "close"})
        case TimeoutError():
            log.warning("request.timed_out", exc_info=error)
            return Problem(UNAVAILABLE, "it took too long", retry_after=1)
        case _:
            log.error("request.failed", exc_info=error)
            return Problem(INTERNAL_ERROR, "we have logged it under this correlation id")


def _of_aiohttp(error: web.HTTPException) -> Problem:
    status = HTTPStatus(error.status)
    slug = status.phrase.lower().replace(" ", "-")
    kind = _KIND_BY_STATUS.get(status, ProblemKind(slug, status, status.phrase))
    allow = error.headers.get(hdrs.ALLOW)
    return Problem(kind, status.description, headers={hdrs.ALLOW: allow} if allow else None)
