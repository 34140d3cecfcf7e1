"""What a cashier knows of the whole shop, as metrics: every cashier shows the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from producer.orders.backlog import Backlog
from producer.reconciling.failures import Failures
from producer.reconciling.open_orders import OpenOrders
from shared.aws.prices import US_EAST_1, Prices
from shared.domain.shop import WorkerHeartbeat
from shared.runtime.ttl_cache import TtlCache

SAMPLE_SECONDS = 20

_MILLION = 1_000_000


@dataclass(slots=True, kw_only=True, eq=False)
class ShopCollector(Collector):
    """Shows what the cashier's side tasks have seen last; a scrape asks neither queue nor store.

    What was not seen yet is left out.
    """

    backlog: Backlog
    open_orders: OpenOrders
    failures: Failures
    heartbeats: TtlCache[Sequence[WorkerHeartbeat]]
    prices: Prices = US_EAST_1
    _workers: int | None = field(default=None, init=False)

    async def sample(self) -> None:
        """Count the workers that are alive; raises StoreUnavailableError."""
        self._workers = len(await self.heartbeats.get())

    def collect(self) -> Iterator[Metric]:
        """Give the metrics of this moment."""
        yield self._tickets()
        yield from self._orders()
        yield GaugeMetricFamily(
            "coffeeshop_workers",
            "Workers whose heartbeat is at most 15 s old.",
            value=self._workers,
        )
        yield GaugeMetricFamily(
            "coffeeshop_order_dead_letters",
            "Tickets in the dead-letter queue.",
            value=self.failures.dead,
        )
        yield self._prices()

    def _tickets(self) -> Metric:
        tickets = GaugeMetricFamily(
            "coffeeshop_tickets",
            "Tickets on the queue, waiting or in flight.",
            labels=("state",),
        )
        for state, count in zip(("waiting", "in_flight"), self.backlog.sampled, strict=True):
            tickets.add_metric((state,), count)
        return tickets

    def _orders(self) -> Iterator[Metric]:
        counts = self.open_orders.counts
        orders = GaugeMetricFamily(
            "coffeeshop_open_orders",
            "Open orders by state; of placed and preparing ones, those that a scan reads.",
            labels=("state",),
        )
        for state, count in counts.by_state.items() if counts else ():
            orders.add_metric((state,), count)
        yield orders
        yield GaugeMetricFamily(
            "coffeeshop_oldest_order_wait_seconds",
            "For how long the oldest order has waited for a barista; 0 when none waits.",
            value=counts.oldest_wait_seconds if counts else None,
        )

    def _prices(self) -> Metric:
        prices = GaugeMetricFamily(
            "coffeeshop_aws_request_price_dollars",
            f"List price of a billed request, in {self.prices.region}.",
            labels=("service",),
        )
        prices.add_metric(("sqs",), self.prices.sqs / _MILLION)
        prices.add_metric(("sns",), self.prices.sns / _MILLION)
        return prices
