"""Every error becomes a problem: the shop's own, aiohttp's, and those that nobody foresaw."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from aiohttp.web_protocol import RequestPayloadError

from shared.web.keys import ANSWER, PROBLEMS
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

_KIND_BY_STATUS = {
    kind.status: kind
    for kind in (CONTENT_TOO_LARGE, INVALID_REQUEST, METHOD_NOT_ALLOWED, NOT_FOUND)
}

log = structlog.stdlib.get_logger(__name__)


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer with a problem when the handler raises, unless its answer has begun already.

    An answer that has begun is cut off, so that its reader knows it to be incomplete.
    """
    try:
        return await handler(request)
    except (web.HTTPRedirection, web.HTTPSuccessful) as answer:
        return web.Response(status=answer.status, headers=answer.headers, text=answer.text)
    except Exception as error:  # the outermost edge of a request; `_problem_of` logs
        if _caller_left(request, error):
            raise
        problem = _problem_of(request, error)
        if ANSWER in request:
            log.warning("request.cut_off", problem=problem.kind.slug)
            raise ConnectionResetError from error
        return problem_response(problem)


def _caller_left(request: web.Request, error: Exception) -> bool:
    gone = request.transport is None or request.transport.is_closing()
    return gone and isinstance(error, ConnectionError)


def _problem_of(request: web.Request, error: Exception) -> Problem:
    known = request.app[PROBLEMS]
    registered = next((known[cls] for cls in type(error).__mro__ if cls in known), None)
    if registered is not None:
        return registered(error)
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
