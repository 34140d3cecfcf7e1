"""What leaves the process of a span: no path, query, address, key or text of an error."""

from __future__ import annotations

import re
from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status

_TOLD = re.compile(
    r"(aws|rpc|messaging|cloud|db|coffeeshop|server|net\.host|net\.peer)\..+"
    r"|http\.(method|route|scheme|flavor|status_code|request\.method|response\.status_code)"
    r"|network\.protocol\.version|error\.type"
)
"""Attributes that name what runs where. Those of paths, URLs, bodies and callers are none: an
order's id is its customer's key, and a subscription's address has its token."""

_NOT_TOLD = re.compile(r"db\.(statement|query)\b.*|net\.peer\.ip")


class PrivateSpans(SpanExporter):
    """Hands on what may be told of spans."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export copies that have no events, and only the attributes that may be told."""
        return self._exporter.export([told_of(span) for span in spans])

    def shutdown(self) -> None:
        """End the exporter behind this one."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the exporter behind this one."""
        return self._exporter.force_flush(timeout_millis)


def told_of(span: ReadableSpan) -> ReadableSpan:
    """Copy a span; its exceptions, and the texts of its errors, stay here."""
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={
            name: value
            for name, value in (span.attributes or {}).items()
            if _TOLD.fullmatch(name) and not _NOT_TOLD.fullmatch(name)
        },
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
