"""Under which keys handlers find things in the application and in a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry

from shared.web.limits import WebLimits
from shared.web.operation import Operation
from shared.web.problem import Problem

PROBLEMS: web.AppKey[Mapping[type[Exception], Callable[[Any], Problem]]] = web.AppKey(
    "PROBLEMS", dict
)
"""Which problem a service's own exception is. Subclasses are found by their bases."""

METRICS: web.AppKey[CollectorRegistry] = web.AppKey("METRICS", CollectorRegistry)
"""The registry behind `/metrics`."""

LIMITS: web.AppKey[WebLimits] = web.AppKey("LIMITS", WebLimits)

CORRELATION_ID: web.RequestKey[str] = web.RequestKey("CORRELATION_ID", str)
"""The request's correlation id, also in the answer, the logs, the ticket and the events."""

OPERATION: web.RequestKey[Operation] = web.RequestKey("OPERATION", Operation)
"""The row of the table that serves the request; absent when none does."""

ANSWER: web.RequestKey[web.StreamResponse] = web.RequestKey("ANSWER", web.StreamResponse)
"""The answer whose head has been written; there cannot be another."""
