"""The web application of a service, or of several on one port, from one table of operations."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence

from aiohttp import web

from shared.domain.tokens import token_digest
from shared.runtime.metrics import new_registry
from shared.web.access_log import RequestLog
from shared.web.auth import STAFF_KEY_DIGEST
from shared.web.client_address import TRUSTED_PROXIES, Network
from shared.web.concurrency_limit import ConcurrencyLimit
from shared.web.correlation import correlate
from shared.web.docs_page import docs_operations
from shared.web.errors import answer_errors
from shared.web.health import health_operations
from shared.web.keys import LIMITS, METRICS, PROBLEMS
from shared.web.limits import WebLimits
from shared.web.openapi import OPENAPI_DOCUMENT, openapi_document
from shared.web.operation import Operation
from shared.web.readiness import READINESS_PROBE, ReadinessProbe
from shared.web.response_headers import complete_answer
from shared.web.router import add_operations
from shared.web.service import DRAINS, OPERATIONS, Service


def create_app(
    services: Sequence[Service],
    *,
    title: str,
    staff_key: str,
    limits: WebLimits | None = None,
    trusted_proxies: Sequence[Network] = (),
) -> web.Application:
    """Compose services into one application; where two name one error, the first one counts.

    Raises ValueError when two operations have the same route.
    """
    limits = limits or WebLimits()
    registry = new_registry()
    app = web.Application(
        middlewares=[correlate, RequestLog(registry).middleware(), answer_errors],
        client_max_size=limits.body_bytes,
    )
    app[METRICS] = registry
    app[LIMITS] = limits
    app[TRUSTED_PROXIES] = tuple(trusted_proxies)
    app[STAFF_KEY_DIGEST] = token_digest(staff_key)
    app[PROBLEMS] = {k: v for service in reversed(services) for k, v in service.problems.items()}
    checks = {name: hook for service in services for name, hook in service.readiness.items()}
    app[READINESS_PROBE] = ReadinessProbe(
        {name: functools.partial(hook, app) for name, hook in checks.items()}, limits.check_seconds
    )
    app[DRAINS] = [drain for service in services for drain in service.drains]
    concurrency = _add_operations(
        app, title, [row for service in services for row in service.operations]
    )
    for service in services:
        app.cleanup_ctx.extend(service.lifespans)
        app.on_shutdown.extend(service.shutdowns)
    # The services end their own streams first; only what they left running is cancelled.
    app.on_shutdown.append(concurrency.end_streams)
    return app


def _add_operations(
    app: web.Application, title: str, of_services: Sequence[Operation]
) -> ConcurrencyLimit:
    """Add what every service has, then make the document and the router from the whole table."""
    operations = app[OPERATIONS] = [*of_services, *health_operations(), *docs_operations()]
    app[OPENAPI_DOCUMENT] = json.dumps(openapi_document(title, operations)).encode()
    concurrency = ConcurrencyLimit(app[LIMITS])
    app.on_response_prepare.append(complete_answer)
    add_operations(app.router, operations, concurrency)
    return concurrency
