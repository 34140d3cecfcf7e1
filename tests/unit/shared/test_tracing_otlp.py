"""Spans go to a collector by OTLP, and a collector that is away delays no stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from shared.tracing.process import Traces, traces_of, tracing
from tests.support.emulator import free_port


class _Collector(BaseHTTPRequestHandler):
    bodies: list[bytes]

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    bodies: list[bytes] = []
    handler = type("Handler", (_Collector,), {"bodies": bodies})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_on")
        yield bodies
        server.shutdown()


def test_what_waits_at_the_end_of_a_process_is_sent_under_its_name(collector: list[bytes]) -> None:
    with traces_of("worker", Traces.OTLP), tracing().working_on("orders", {}, "message", None):
        pass
    (sent,) = ExportTraceServiceRequest.FromString(collector[0]).resource_spans
    named = {each.key: each.value.string_value for each in sent.resource.attributes}
    assert (named["service.namespace"], named["service.name"]) == ("coffeeshop", "worker")
    assert [span.name for each in sent.scope_spans for span in each.spans] == ["process orders"]


def test_a_collector_that_is_away_delays_the_end_by_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_on")
    began = time.monotonic()
    with traces_of("worker", Traces.OTLP), tracing().working_on("orders", {}, "message", None):
        began = time.monotonic()
    assert time.monotonic() - began < 5
