"""The router, built from the table: who may call, within which bounds, and what then answers."""

from __future__ import annotations

import re
from collections.abc import Iterable

from aiohttp import hdrs, web

from shared.web.auth import require_staff
from shared.web.body import is_form, receive, refuse_long_body
from shared.web.concurrency_limit import ConcurrencyLimit
from shared.web.keys import LIMITS, OPERATION
from shared.web.operation import Handler, Operation, Role

_VARIABLE = re.compile(r"\{[^}]*\}")


def add_operations(
    router: web.UrlDispatcher, operations: Iterable[Operation], admission: ConcurrencyLimit
) -> None:
    """Make a route of every operation, and one for HEAD beside every GET that comes to an end.

    Raises ValueError when two operations have one method and path.
    """
    taken: dict[tuple[str, str], Operation] = {}
    for operation in operations:
        route = (operation.method, _VARIABLE.sub("{}", operation.path))
        if (other := taken.setdefault(route, operation)) is not operation:
            message = f"{_named(operation)} and {_named(other)} have the same route"
            raise ValueError(message)
        handler = _guarded(operation, admission)
        for method in _methods(operation):
            router.add_route(method, operation.path, handler, expect_handler=_go_on)


def _guarded(operation: Operation, admission: ConcurrencyLimit) -> Handler:
    """Put before the handler what every operation has in common.

    A body is received before the request takes a place, so that slow senders hold none.
    """

    async def guarded(request: web.Request) -> web.StreamResponse:
        request[OPERATION] = operation
        if operation.role is Role.STAFF:
            require_staff(request)
        refuse_long_body(request)
        if operation.body is not None and not (operation.takes_form and is_form(request)):
            with admission.body(request.content_length):
                await receive(request)
        if operation.always_served:
            return await operation.handler(request)
        with admission.stream() if operation.is_stream else admission.request():
            return await operation.handler(request)

    return guarded


def _methods(operation: Operation) -> tuple[str, ...]:
    if operation.method == hdrs.METH_GET and not operation.is_stream:
        return (hdrs.METH_GET, hdrs.METH_HEAD)
    return (operation.method,)


def _named(operation: Operation) -> str:
    return f"{operation.summary!r} ({operation.method} {operation.path})"


async def _go_on(request: web.Request) -> None:
    """Ask for the body of a caller who waits with it, unless we know that we shall refuse it.

    Any other expectation may be passed over (RFC 9110, section 10.1.1).
    """
    awaited = request.headers.get(hdrs.EXPECT, "").lower() == "100-continue"
    if awaited and (request.content_length or 0) <= request.app[LIMITS].body_bytes:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
