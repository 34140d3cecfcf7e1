"""The plan: workers, requests and dollars for a steady load, by the autoscaler's own formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from producer.orders.admission import HEARTBEATS_TTL_SECONDS
from shared.aws.batcher import MAX_ENTRIES
from shared.aws.prices import Prices
from shop.scaling.charges import ROUND_TRIP_SECONDS, Charge, Load, charges
from shop.scaling.limits import most_unfinished
from worker.app import HEARTBEAT_SECONDS

VCPU, MEMORY_GB = 0.25, 0.5
"""The smallest Fargate task: preparing is waiting, which takes next to no computing."""

SECONDS_A_MONTH = 730 * 3600


@dataclass(frozen=True, slots=True)
class Plan:
    """What a load takes. `backlog_each` is the autoscaler's target: the backlog per worker."""

    workers: int
    backlog_each: float
    charges: Sequence[Charge]
    worker_dollars: float
    orders_a_month: float

    def dollars(self, charge: Charge) -> float:
        """Dollars a month for one charge."""
        return charge.per_order * self.orders_a_month / 1e6 * charge.price

    @property
    def request_dollars(self) -> float:
        """Dollars a month for all requests."""
        return sum(self.dollars(charge) for charge in self.charges)

    @property
    def total_dollars(self) -> float:
        """Dollars a month for everything."""
        return self.request_dollars + self.workers * self.worker_dollars


def plan(load: Load, prices: Prices) -> Plan:
    """Work out what a steady load takes."""
    hours = SECONDS_A_MONTH / 3600
    return Plan(
        workers=load.workers,
        backlog_each=load.throughput.backlog_within(load.acceptable_wait),
        charges=charges(load, prices),
        worker_dollars=(VCPU * prices.vcpu_hour + MEMORY_GB * prices.gb_hour) * hours,
        orders_a_month=load.orders_per_second * SECONDS_A_MONTH,
    )


def assumptions(load: Load, prices: Prices) -> Sequence[str]:
    """Return the plan's assumptions, a line each."""
    at_cashier = load.batch(load.at_cashier)
    at_barista = load.batch(load.throughput.orders_per_second)
    gathering = f"what gathers in {ROUND_TRIP_SECONDS * 1000:g} ms, up to {MAX_ENTRIES}"
    return [
        f"Each worker prepares {load.concurrency} orders at once, all the time.",
        "Orders come steadily; a rush waits until the autoscaler has followed.",
        f"COFFEE_BACKLOG_LIMIT is above {most_unfinished(load):,.0f} tickets, or cashiers refuse.",
        f"Requests go in batches of {gathering}.",
        f"Tickets: {at_cashier:.1f} with {load.cashiers} cashiers, {at_barista:.1f} at a worker.",
        "Workers make no idle polls.",
        f"Leases and claims are extended every {load.lease_seconds:g} s.",
        f"Workers write a heartbeat every {HEARTBEAT_SECONDS:g} s.",
        f"A cashier reads the heartbeats for an order, every {HEARTBEATS_TTL_SECONDS:g} s at most.",
        "An order is of 1 KB, in one shop, placed without a key, and collected.",
        "One notifier fans out and serves live streams; no webhooks, no e-mail.",
        f"A worker is a Fargate task of {VCPU:g} vCPU and {MEMORY_GB:g} GB, x86, on demand.",
        "Not counted: cashiers, notifiers, load balancer, logs, traffic, storage, backups,",
        "nor customers who read orders, shop and menu, nor the reconciler's scans.",
        f"List prices of {prices.region}, {prices.as_of}: {', '.join(prices.sources)}.",
    ]
