"""The operations by which a service is watched: alive, ready, metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Literal

import structlog
from aiohttp import hdrs, web
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from pydantic import BaseModel

from shared.runtime.aws_requests import aws_requests
from shared.runtime.logging import lines_dropped
from shared.runtime.ttl_cache import TtlCache
from shared.web.body import json_response
from shared.web.operation import Response, Role, operation
from shared.web.problem import UNAVAILABLE, Problem

METRICS: web.AppKey[CollectorRegistry] = web.AppKey("METRICS", CollectorRegistry)
"""The registry behind `/metrics`."""

METRICS_PAGE: web.AppKey[TtlCache[bytes]] = web.AppKey("METRICS_PAGE", TtlCache)
"""The registry as text: anyone may ask for it, and it takes 10 ms to write."""

RETRY_AFTER_SECONDS = 5
METRICS_SECONDS = 1.0

_FRESH_SECONDS = 0.5
"""How long an outcome is reused: anyone may ask, and a check writes and sends."""

log = structlog.stdlib.get_logger(__name__)


class ReadinessProbe:
    """Runs all checks at once, each within `seconds`; concurrent callers share the outcome."""

    def __init__(
        self, checks: Mapping[str, Callable[[], Awaitable[object]]], seconds: float
    ) -> None:
        self.checks = checks
        self._seconds = seconds
        self._failures = TtlCache(self._run, _FRESH_SECONDS)

    async def failures(self) -> Sequence[str]:
        """List the checks that failed, each with its reason."""
        return await self._failures.get()

    async def _run(self) -> Sequence[str]:
        reasons = await asyncio.gather(*map(self._failure, self.checks.values()))
        return [f"{name}: {why}" for name, why in zip(self.checks, reasons, strict=True) if why]

    async def _failure(self, check: Callable[[], Awaitable[object]]) -> str | None:
        """Give a failure's reason by its name alone: the text may hold addresses or keys."""
        try:
            async with asyncio.timeout(self._seconds):
                await check()
        except TimeoutError:
            return f"no answer within {self._seconds:g} s"
        except Exception as error:  # noqa: BLE001 - a dependency may raise anything
            log.info("readiness.failed", error=repr(error))
            return type(error).__name__
        return None


READINESS_PROBE: web.AppKey[ReadinessProbe] = web.AppKey("READINESS_PROBE", ReadinessProbe)


class Health(BaseModel):
    """The service is alive."""

    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    """The service can do its work; `checks` are what it found within reach."""

    status: Literal["ready"] = "ready"
    checks: list[str]


def new_registry() -> CollectorRegistry:
    """Make a registry with metrics of the process: memory, CPU, open files, collections."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    registry.register(_LogCollector())
    registry.register(_AwsCollector())
    return registry


class _LogCollector(Collector):
    """Counts the log lines that nobody took."""

    def collect(self) -> Iterable[Metric]:
        """Read the count of this process."""
        yield CounterMetricFamily(
            "coffeeshop_log_lines_dropped",
            "Log lines that standard error's reader did not take in time.",
            value=lines_dropped(),
        )


class _AwsCollector(Collector):
    """Counts the requests to AWS."""

    def collect(self) -> Iterable[Metric]:
        """Read the counts of this process."""
        counted = aws_requests()
        requests = CounterMetricFamily(
            "coffeeshop_aws_requests",
            "Requests to AWS, each attempt, by the HTTP status of the answer.",
            labels=("service", "operation", "code"),
        )
        for labels, count in counted.answered.items():
            requests.add_metric(labels, count)
        billed = CounterMetricFamily(
            "coffeeshop_aws_billed_requests",
            "Requests to SQS and SNS as AWS bills them: one for each 64 KB.",
            labels=("service",),
        )
        for service, count in counted.billed._asdict().items():
            billed.add_metric((service,), count)
        return (requests, billed)


def metrics_page(registry: CollectorRegistry) -> TtlCache[bytes]:
    """Make the page of a registry, written again once a second at most."""

    async def write() -> bytes:
        return generate_latest(registry)

    return TtlCache(write, METRICS_SECONDS)


@operation(
    hdrs.METH_GET,
    "/healthz",
    "Is the service alive?",
    responses={HTTPStatus.OK: Response("It is", Health)},
    role=Role.ANYONE,
    tag="service",
    always_served=True,
)
async def healthz(_: web.Request) -> web.StreamResponse:
    """Respond: a service that responds is alive."""
    return json_response(Health())


@operation(
    hdrs.METH_GET,
    "/readyz",
    "Is all that the service needs within reach?",
    responses={HTTPStatus.OK: Response("It is", Readiness)},
    errors=(UNAVAILABLE,),
    role=Role.ANYONE,
    tag="service",
    always_served=True,
)
async def readyz(request: web.Request) -> web.StreamResponse:
    """Run all checks; raises a Problem of kind UNAVAILABLE that names those that failed."""
    probe = request.app[READINESS_PROBE]
    if failures := await probe.failures():
        raise Problem(UNAVAILABLE, "; ".join(failures), retry_after=RETRY_AFTER_SECONDS)
    return json_response(Readiness(checks=[*probe.checks]))


@operation(
    hdrs.METH_GET,
    "/metrics",
    "What the service counts, for Prometheus",
    responses={HTTPStatus.OK: Response("The metrics", media_type="text/plain")},
    role=Role.ANYONE,
    tag="service",
    always_served=True,
)
async def metrics(request: web.Request) -> web.StreamResponse:
    """Write the registry in Prometheus' text format, at most a second old."""
    page = await request.app[METRICS_PAGE].get()
    return web.Response(body=page, headers={hdrs.CONTENT_TYPE: CONTENT_TYPE_LATEST})


HEALTH_OPERATIONS = (healthz, readyz, metrics)
