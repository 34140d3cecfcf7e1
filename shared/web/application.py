"""The web application of a service, or of several on one port, from one table of operations."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence

from aiohttp import web

from shared.domain.tokens import token_digest
from shared.runtime.log_limit import LogLimit
from shared.web.caller import TRUSTED_PROXIES, UNREADABLE_HOPS
from shared.web.client_address import Network
from shared.web.connections import CONNECTIONS, ConnectionMetrics, Connections
from shared.web.headers import complete_head
from shared.web.health import (
    HEALTH_OPERATIONS,
    METRICS,
    METRICS_PAGE,
    READINESS_PROBE,
    ReadinessProbe,
    metrics_page,
    new_registry,
)
from shared.web.key_guard import KEY_GUARD, new_key_guard
from shared.web.known_keys import KNOWN_KEYS, KnownKeys
from shared.web.limits import LIMITS, WebLimits
from shared.web.middleware import AccessLog, errors_as_problems
from shared.web.openapi import OPENAPI_DOCUMENT, openapi_document
from shared.web.pages.assets import SHARED_ASSETS
from shared.web.pages.documentation import docs_operations
from shared.web.rate_limit import REQUEST_RATE, new_request_rate
from shared.web.router import ConcurrencyLimit, add_operations
from shared.web.service import DRAINS, OPERATIONS, PROBLEMS, Service
from shared.web.session import SESSION_OPERATIONS

_WARNING_SECONDS = 60
"""How often the same warning of one address is logged."""


def create_app(
    services: Sequence[Service],
    *,
    title: str,
    staff_key: str,
    limits: WebLimits | None = None,
    trusted_proxies: Sequence[Network] = (),
    requests_per_second: float = 0,
    wrong_keys_per_minute: int = 0,
) -> web.Application:
    """Compose services into one application; where two name one error, the first one counts.

    `staff_key` is the owner's; the other keys are read from the first service that has them.

    `requests_per_second` and `wrong_keys_per_minute` limit each client; 0 is no limit. Raises
    ValueError when two operations have the same route.
    """
    limits = limits or WebLimits()
    registry = new_registry()
    app = web.Application(
        middlewares=[AccessLog(registry).follow, errors_as_problems],
        client_max_size=limits.body_bytes,
    )
    app[METRICS] = registry
    app[METRICS_PAGE] = metrics_page(registry)
    app[LIMITS] = limits
    app[KEY_GUARD] = new_key_guard(wrong_keys_per_minute, registry)
    app[REQUEST_RATE] = new_request_rate(requests_per_second, registry)
    app[TRUSTED_PROXIES] = tuple(trusted_proxies)
    app[UNREADABLE_HOPS] = LogLimit(_WARNING_SECONDS)
    app[CONNECTIONS] = Connections(
        limits=limits, metrics=ConnectionMetrics(registry), proxies=app[TRUSTED_PROXIES]
    )
    readers = [service.staff_keys for service in services if service.staff_keys]
    app[KNOWN_KEYS] = KnownKeys(
        token_digest(staff_key), functools.partial(readers[0], app) if readers else None
    )
    app[PROBLEMS] = {k: v for service in reversed(services) for k, v in service.problems.items()}
    app[DRAINS] = [drain for service in services for drain in service.drains]
    checks = {name: hook for service in services for name, hook in service.readiness.items()}
    app[READINESS_PROBE] = ReadinessProbe(
        {name: functools.partial(hook, app) for name, hook in checks.items()}, limits.check_seconds
    )
    of_services = [operation for service in services for operation in service.operations]
    own = (
        *SESSION_OPERATIONS,
        *HEALTH_OPERATIONS,
        *docs_operations(),
        SHARED_ASSETS.operation(),
    )
    operations = app[OPERATIONS] = [*of_services, *own]
    concurrency = ConcurrencyLimit(limits)
    add_operations(app.router, operations, concurrency)
    app[OPENAPI_DOCUMENT] = json.dumps(openapi_document(title, operations)).encode()
    app.on_response_prepare.append(complete_head)
    for service in services:
        app.cleanup_ctx.extend(service.lifespans)
        app.on_shutdown.extend(service.shutdowns)
    # The services end their own streams first; only what they left running is cancelled.
    app.on_shutdown.append(concurrency.end_streams)
    return app
