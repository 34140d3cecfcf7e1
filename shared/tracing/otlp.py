"""Sends this process's spans by OTLP over HTTP, in the background and in bounded number."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from shared.tracing.otel import OtelTracing, instrumented
from shared.tracing.private_spans import PrivateSpans

_FLUSH_SECONDS = 3.0
"""How long the spans that wait may delay the end of a process; the rest is lost."""

_DEFAULTS = {
    "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
    "OTEL_TRACES_SAMPLER_ARG": "0.1",
    "OTEL_EXPORTER_OTLP_TIMEOUT": "5",
    "OTEL_PYTHON_AIOHTTP_SERVER_EXCLUDED_URLS": "/healthz,/readyz,/metrics,/events",
}
"""One order in ten; no request that only watches the service, and no stream of hours."""


@contextlib.contextmanager
def exporting(service: str) -> Iterator[OtelTracing]:
    """Trace during the block; what is set by `OTEL_*` counts before our defaults."""
    for name, value in _DEFAULTS.items():
        if name != "OTEL_TRACES_SAMPLER_ARG" or "OTEL_TRACES_SAMPLER" not in os.environ:
            os.environ.setdefault(name, value)
    provider = TracerProvider(resource=resource(service), shutdown_on_exit=False)
    processor = BatchSpanProcessor(PrivateSpans(OTLPSpanExporter()))
    provider.add_span_processor(processor)
    try:
        with instrumented(provider):
            yield OtelTracing(provider)
    finally:
        # The library's own limit is half a minute, longer than a container has to stop.
        flush = threading.Thread(target=processor.shutdown, daemon=True)
        flush.start()
        flush.join(_FLUSH_SECONDS)


def resource(service: str) -> Resource:
    """Name this process, where `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` do not."""
    own = {
        "service.namespace": "coffeeshop",
        "service.name": service,
        "service.instance.id": f"{socket.gethostname()}-{os.getpid()}",
    }
    given = Resource.create().attributes
    unnamed = str(given.get("service.name", "")).startswith("unknown_service")
    named = {k: v for k, v in given.items() if not (k == "service.name" and unnamed)}
    return Resource({**own, **named})
