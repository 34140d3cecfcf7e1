"""One log line and one measurement for each request, by route, without anything the caller sent."""

from __future__ import annotations

import time

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CollectorRegistry, Counter, Histogram

from shared.web.keys import ANSWER, OPERATION

CALLER_LEFT = 499
"""nginx's number for a caller who left before the answer; it goes to logs and metrics only."""

log = structlog.stdlib.get_logger(__name__)


class RequestLog:
    """Counts and times requests; the requests that only watch the service are logged at debug."""

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

    def middleware(self) -> Middleware:
        """Make the middleware that follows each request to its end."""

        @web.middleware
        async def follow(request: web.Request, handler: Handler) -> web.StreamResponse:
            started = time.monotonic()
            status = CALLER_LEFT
            try:
                response = await handler(request)
                status = response.status
            finally:
                if ANSWER in request:
                    status = request[ANSWER].status
                self._finished(request, status, time.monotonic() - started)
            return response

        return follow

    def _finished(self, request: web.Request, status: int, seconds: float) -> None:
        operation = request.get(OPERATION)
        route = operation.path if operation else "unmatched"
        method = request.method if request.method in hdrs.METH_ALL else "other"
        self._requests.labels(route, method, status).inc()
        if operation is None or not operation.is_stream:
            self._seconds.labels(route, method, status).observe(seconds)
        tell = log.debug if operation is not None and operation.always_served else log.info
        duration_ms = round(seconds * 1000, 1)
        tell("request.finished", method=method, route=route, status=status, duration_ms=duration_ms)
