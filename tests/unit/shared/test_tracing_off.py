"""Tracing costs nothing, and loads nothing, where it is not switched on."""

from __future__ import annotations

import os
import subprocess
import sys

WITHOUT_THE_EXTRA = "import sys, runpy; sys.modules['opentelemetry.sdk'] = None;"


def run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables}
    command = (sys.executable, "-c", code)
    return subprocess.run(
        command, env=environment, check=False, capture_output=True, text=True, timeout=30
    )


def test_a_service_without_traces_loads_no_module_of_opentelemetry() -> None:
    services = "import producer.app, notifier.app, worker.app, worker.photos.app, sys;"
    off = "from shared.tracing.process import traces_of, Traces\nwith traces_of('x', Traces.OFF):"
    listed = " print([name for name in sys.modules if name.startswith('opentelemetry')])"
    ran = run(f"{services}{off}{listed}")
    assert (ran.stdout.strip(), ran.returncode) == ("[]", 0), ran.stderr


def test_traces_without_the_extra_are_one_line_and_no_start() -> None:
    started = run(
        f"{WITHOUT_THE_EXTRA} runpy.run_module('worker', run_name='__main__')", COFFEE_TRACES="otlp"
    )
    assert started.stderr.splitlines() == [
        "COFFEE_TRACES: needs OpenTelemetry: pip install 'coffeeshop[otel]'"
    ]
    assert started.returncode == 2
