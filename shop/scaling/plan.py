"""The plan: workers, requests and dollars for a steady load, by the autoscaler's own formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from producer.orders.admission import HEARTBEATS_TTL_SECONDS
from shared.aws.batcher import MAX_ENTRIES
from shared.aws.prices import Prices
from shop.scaling.charges import ROUND_TRIP_SECONDS, Charge, Load, charges, numbers_in_block
from shop.scaling.limits import most_unfinished
from shop.scaling.monthly import LOG_BYTES, SECONDS_A_MONTH, WEB_TASK, WORKER_TASK, Monthly, monthly
from worker.app import HEARTBEAT_SECONDS

USED = 0.7
"""The part of provisioned capacity that is used, at which tables are scaled."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a load takes. `backlog_each` is the autoscaler's target: the backlog per worker.

    `provisioned` are the `charges` where DynamoDB's capacity is, in the same order.
    """

    workers: int
    backlog_each: float
    charges: Sequence[Charge]
    provisioned: Sequence[Charge]
    monthly: Sequence[Monthly]
    orders_a_month: float

    def dollars(self, *charges: Charge) -> float:
        """Dollars a month for some charges."""
        return sum(one.per_order * self.orders_a_month / 1e6 * one.price for one in charges)

    def total(self, charges: Sequence[Charge]) -> float:
        """Dollars a month for everything, with these charges for requests."""
        return self.dollars(*charges) + sum(one.dollars for one in self.monthly)


def plan(load: Load, prices: Prices) -> Plan:
    """Work out what a steady load takes."""
    return Plan(
        workers=load.workers,
        backlog_each=load.throughput.backlog_within(load.acceptable_wait),
        charges=charges(load, prices),
        provisioned=charges(load, prices.provisioned(USED)),
        monthly=monthly(load, prices),
        orders_a_month=load.orders_per_second * SECONDS_A_MONTH,
    )


def assumptions(load: Load, prices: Prices) -> Sequence[str]:
    """Return the plan's assumptions, a line each."""
    at_cashier = load.batch(load.at_cashier)
    at_barista = load.batch(load.throughput.orders_per_second)
    gathering = f"what gathers in {ROUND_TRIP_SECONDS * 1000:g} ms, up to {MAX_ENTRIES}"
    web, worker = (f"{vcpu:g} vCPU and {memory:g} GB" for vcpu, memory in (WEB_TASK, WORKER_TASK))
    return [
        f"Each worker prepares {load.concurrency} orders at once, all the time.",
        "Orders come steadily; a rush waits until the autoscaler has followed.",
        f"COFFEE_BACKLOG_LIMIT is above {most_unfinished(load):,.0f} tickets, or cashiers refuse.",
        f"Requests go in batches of {gathering}.",
        f"Tickets: {at_cashier:.1f} with {load.cashiers} cashiers, {at_barista:.1f} at a worker.",
        f"A cashier takes {numbers_in_block(load.at_cashier)} order numbers at once.",
        "Workers make no idle polls.",
        f"Leases and claims are extended every {load.lease_seconds:g} s.",
        f"Workers write a heartbeat every {HEARTBEAT_SECONDS:g} s.",
        f"A cashier reads the heartbeats for an order, every {HEARTBEATS_TTL_SECONDS:g} s at most.",
        "An order is of up to ten lines, which is 1 KB, in one shop, and collected.",
        "No key is read: placing again under one costs a write that is refused.",
        "Notifiers fan out and serve live streams; no webhooks, no e-mail.",
        f"Capacity that is provisioned is used to {USED:.0%}, by autoscaling.",
        f"Tasks are on Fargate, ARM, on demand: {web}; a worker {worker}.",
        f"An order writes {LOG_BYTES / 1000:g} KB of logs, of which CloudWatch keeps 14 days.",
        "Not counted: traffic, the firewall, alarms, storage, backups, the photo worker,",
        "nor customers who read orders, shop and menu, nor the reconciler's scans.",
        f"List prices of {prices.region}, {prices.as_of}: {', '.join(prices.sources)}.",
    ]
