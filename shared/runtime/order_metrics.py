"""Counts the changes of orders that this process has recorded, and times them, for Prometheus."""

from __future__ import annotations

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, Summary

from shared.domain.order import TRANSITIONS, Order, OrderState

NEW = "new"
"""What an order was before it was placed."""

_SECONDS = (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 3600)


class OrderMetrics:
    """The metrics of orders; each change is counted by the one process that recorded it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        transitions = Counter(
            "coffeeshop_order_transitions",
            "Changes of the state of orders, by the state before and after.",
            ("before", "state"),
            registry=registry,
        )
        claims = Counter(
            "coffeeshop_order_claims",
            "Claims of orders by baristas; again: another attempt at one.",
            ("attempt",),
            registry=registry,
        )
        promises = Counter(
            "coffeeshop_order_promises",
            "Orders that became ready within, before or after the wait that was promised.",
            ("outcome",),
            registry=registry,
        )
        # The library looks a series up under a lock, by the text of each label.
        self._transitions = cache(transitions.labels)
        self._claims = cache(claims.labels)
        self._promises = cache(promises.labels)
        self._ready = Histogram(
            "coffeeshop_order_ready_seconds",
            "Time from placed to ready.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._promised = Summary(
            "coffeeshop_order_promised_seconds",
            "The longest wait that was promised for orders that became ready.",
            registry=registry,
        )
        self._begin_with_zeros()

    def changed(self, before: Order | None, after: Order) -> None:
        """Count a change that was recorded."""
        if before is None or before.version < after.version:
            self._transitions(before.state if before else NEW, after.state).inc()
            if after.state is OrderState.READY:
                self._time(after)
        if before is not None and before.attempt < after.attempt:
            self._claims("first" if after.attempt == 1 else "again").inc()

    def _time(self, order: Order) -> None:
        seconds = max(0.0, (order.since - order.placed_at).total_seconds())
        self._ready.observe(seconds)
        if (promised := order.estimate) is None:
            return
        self._promised.observe(promised.high_seconds)
        if seconds > promised.high_seconds:
            outcome = "late"
        else:
            outcome = "kept" if seconds >= promised.low_seconds else "early"
        self._promises(outcome).inc()

    def _begin_with_zeros(self) -> None:
        """Show every series from the start: `rate` does not see the first one of a new series."""
        self._transitions(NEW, OrderState.PLACED)
        for before, states in TRANSITIONS.items():
            for state in states:
                self._transitions(before, state)
        for attempt in ("first", "again"):
            self._claims(attempt)
        for outcome in ("early", "kept", "late"):
            self._promises(outcome)
