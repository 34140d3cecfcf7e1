"""The web application of a service, or of several on one port, from one table of operations."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

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
from shared.web.health import watching_operations
from shared.web.keys import BROKER_RESETS, DRAINS, LIMITS, METRICS, OPERATIONS, PROBLEMS, READINESS
from shared.web.limits import WebLimits
from shared.web.openapi import OPENAPI_DOCUMENT, openapi_document
from shared.web.readiness import READINESS_PROBE, ReadinessProbe
from shared.web.response_headers import complete_answer
from shared.web.router import add_operations


def create_app(
    setups: Sequence[Callable[[web.Application], None]],
    *,
    title: str,
    staff_key: str,
    limits: WebLimits | None = None,
    trusted_proxies: Sequence[Network] = (),
) -> web.Application:
    """Let each setup add its operations, checks and cleanup contexts, and build what serves them.

    A setup finds OPERATIONS, READINESS, PROBLEMS, METRICS, BROKER_RESETS, DRAINS and LIMITS in the
    application. Raises ValueError when two operations have the same route.
    """
    registry = new_registry()
    limits = limits or WebLimits()
    app = web.Application(
        middlewares=[correlate, RequestLog(registry).middleware(), answer_errors],
        client_max_size=limits.body_bytes,
    )
    app[OPERATIONS] = []
    readiness = app[READINESS] = {}
    app[PROBLEMS] = {}
    app[METRICS] = registry
    app[BROKER_RESETS] = []
    app[DRAINS] = []
    app[LIMITS] = limits
    app[TRUSTED_PROXIES] = tuple(trusted_proxies)
    app[STAFF_KEY_DIGEST] = token_digest(staff_key)
    app[READINESS_PROBE] = ReadinessProbe(readiness, limits.check_seconds)
    for setup in setups:
        setup(app)
    _build(app, title)
    return app


def _build(app: web.Application, title: str) -> None:
    """Add what every service has, then make the document and the router from the whole table."""
    operations = app[OPERATIONS]
    operations.extend([*watching_operations(), *docs_operations()])
    app[OPENAPI_DOCUMENT] = json.dumps(openapi_document(title, operations)).encode()
    admission = ConcurrencyLimit(app[LIMITS])
    app.on_response_prepare.append(complete_answer)
    app.on_shutdown.append(admission.end_streams)
    add_operations(app.router, operations, admission)
