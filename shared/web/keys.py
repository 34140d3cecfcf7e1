"""Under which keys handlers find things in the application and in a request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry

from shared.web.limits import WebLimits
from shared.web.operation import Operation
from shared.web.problem import Problem

OPERATIONS: web.AppKey[list[Operation]] = web.AppKey("OPERATIONS", list)
"""The table. A service's `setup` appends its own."""

READINESS: web.AppKey[dict[str, Callable[[], Awaitable[object]]]] = web.AppKey("READINESS", dict)
"""What must be within reach, by name, and a check that raises when it is not."""

PROBLEMS: web.AppKey[dict[type[Exception], Callable[[Any], Problem]]] = web.AppKey("PROBLEMS", dict)
"""Which problem a service's own exception is. Subclasses are found by their bases."""

METRICS: web.AppKey[CollectorRegistry] = web.AppKey("METRICS", CollectorRegistry)
"""The registry behind `/metrics`."""

BROKER_RESETS: web.AppKey[list[asyncio.Event]] = web.AppKey("BROKER_RESETS", list)
"""Each set by SIGHUP: queues and topics have been away, and may have lost what was in them."""

DRAINS: web.AppKey[list[Callable[[], Awaitable[object]]]] = web.AppKey("DRAINS", list)
"""What works beside the requests comes to its end by these, while callers are still served."""

LIMITS: web.AppKey[WebLimits] = web.AppKey("LIMITS", WebLimits)

CORRELATION_ID: web.RequestKey[str] = web.RequestKey("CORRELATION_ID", str)
"""The request's correlation id, also in the answer, the logs, the ticket and the events."""

OPERATION: web.RequestKey[Operation] = web.RequestKey("OPERATION", Operation)
"""The row of the table that serves the request; absent when none does."""

ANSWER: web.RequestKey[web.StreamResponse] = web.RequestKey("ANSWER", web.StreamResponse)
"""The answer whose head has been written; there cannot be another."""
