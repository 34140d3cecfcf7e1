"""`python -m benchmarks.notifier`: measures the notifier's part of docs/performance.md."""

from __future__ import annotations

from benchmarks.notifier.run import measure
from benchmarks.section import command

if __name__ == "__main__":
    command(measure, "Measure what a delivery, a live event and a large fan-out cost the notifier.")
