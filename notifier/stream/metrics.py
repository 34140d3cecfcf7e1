"""What the notifier counts of its live streams."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class StreamMetrics:
    """The metrics of one notifier, in the registry that its `/metrics` shows."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.streams = Gauge(
            "coffeeshop_live_streams", "Live streams that are open.", registry=registry
        )
        self.events = Counter(
            "coffeeshop_live_events", "Events heard for the live streams.", registry=registry
        )
        self.resets = Counter(
            "coffeeshop_live_resets",
            "Streams told that events may be missing.",
            ("reason",),
            registry=registry,
        )
        self.dropped = Counter(
            "coffeeshop_live_dropped",
            "Streams dropped because their readers were too slow.",
            ("reason",),
            registry=registry,
        )
