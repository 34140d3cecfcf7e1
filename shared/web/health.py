"""The operations by which a service is watched: alive, ready, metrics."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

import structlog
from aiohttp import hdrs, web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from shared.web.answer import answer
from shared.web.keys import METRICS
from shared.web.operation import Answer, Handler, Operation, Role
from shared.web.problem import UNAVAILABLE, Problem, ProblemKind
from shared.web.readiness import READINESS_PROBE

RETRY_AFTER_SECONDS = 5

log = structlog.stdlib.get_logger(__name__)


class Health(BaseModel):
    """The service is alive."""

    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    """The service can do its work; `checks` are what it found within reach."""

    status: Literal["ready"] = "ready"
    checks: list[str]


def health_operations() -> list[Operation]:
    """List the operations that every service has for those who watch it."""
    return [
        _operation("/healthz", "Is the service alive?", healthz, Answer("It is", Health)),
        _operation(
            "/readyz",
            "Is all that the service needs within reach?",
            readyz,
            Answer("It is", Readiness),
            UNAVAILABLE,
        ),
        _operation(
            "/metrics",
            "What the service counts, for Prometheus",
            metrics,
            Answer("The metrics", media_type="text/plain"),
        ),
    ]


async def healthz(_: web.Request) -> web.StreamResponse:
    """Answer, which is all there is to being alive."""
    return answer(Health())


async def readyz(request: web.Request) -> web.StreamResponse:
    """Check everything at once; raises a Problem of kind UNAVAILABLE that names what failed."""
    reasons = await request.app[READINESS_PROBE].reasons()
    if reasons:
        raise Problem(UNAVAILABLE, "; ".join(reasons), retry_after=RETRY_AFTER_SECONDS)
    return answer(Readiness(checks=[*request.app[READINESS_PROBE].names]))


async def metrics(request: web.Request) -> web.StreamResponse:
    """Write the registry in Prometheus' text format."""
    page = generate_latest(request.app[METRICS])
    return web.Response(body=page, headers={hdrs.CONTENT_TYPE: CONTENT_TYPE_LATEST})


def _operation(
    path: str,
    summary: str,
    handler: Handler,
    outcome: Answer,
    *errors: ProblemKind,
) -> Operation:
    return Operation(
        method=hdrs.METH_GET,
        path=path,
        summary=summary,
        handler=handler,
        answers={HTTPStatus.OK: outcome},
        errors=errors,
        role=Role.ANYONE,
        tag="service",
        always_served=True,
    )
