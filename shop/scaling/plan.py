"""The plan: workers, requests and dollars for a steady load, by the autoscaler's own formula.

What an order takes is counted off the code: who sends, receives, writes and reads what for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from shop.scaling.prices import Prices
from shop.scaling.target import Pace, workers_at

BATCH = 10
"""SQS and SNS take up to 10 messages in one request."""

ROUND_TRIP_SECONDS = 0.01
"""How long a request to AWS takes, during which the next batch gathers."""

LEASE_SECONDS = 10
"""A third of the visibility timeout, after which leases and claims are extended."""

CHANGES = 3
"""An order is announced placed, preparing and ready."""

VCPU, MEMORY_GB = 0.25, 0.5
"""The smallest Fargate task: preparing is waiting, which takes next to no computing."""

SECONDS_A_MONTH = 730 * 3600


@dataclass(frozen=True, slots=True)
class Load:
    """A steady load; `cashiers` are the processes that take it. Times are in seconds."""

    orders_per_second: float
    prep_seconds: float
    acceptable_wait: float
    concurrency: int
    cashiers: int

    @property
    def pace(self) -> Pace:
        """How fast one barista is."""
        return Pace(self.prep_seconds, self.concurrency)


@dataclass(frozen=True, slots=True)
class Charge:
    """Something that is paid for: how often for each order, and dollars per million."""

    service: str
    what: str
    per_order: float
    price: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What it takes. `backlog_each` is the backlog per worker that the autoscaler aims at."""

    workers: int
    backlog_each: float
    charges: Sequence[Charge]
    worker_dollars: float
    orders_a_month: float

    def dollars(self, charge: Charge) -> float:
        """Say what a charge comes to in a month."""
        return charge.per_order * self.orders_a_month / 1e6 * charge.price

    @property
    def request_dollars(self) -> float:
        """Say what all requests come to in a month."""
        return sum(self.dollars(charge) for charge in self.charges)

    @property
    def total_dollars(self) -> float:
        """Say what everything comes to in a month."""
        return self.request_dollars + self.workers * self.worker_dollars


def plan(load: Load, prices: Prices) -> Plan:
    """Work out what a steady load takes."""
    hours = SECONDS_A_MONTH / 3600
    return Plan(
        workers=workers_at(load.orders_per_second, load.pace),
        backlog_each=load.pace.backlog_within(load.acceptable_wait),
        charges=[*_queue(load, prices), *_topics(load, prices), *_store(load, prices)],
        worker_dollars=(VCPU * prices.vcpu_hour + MEMORY_GB * prices.gb_hour) * hours,
        orders_a_month=load.orders_per_second * SECONDS_A_MONTH,
    )


def assumptions(load: Load, prices: Prices) -> list[str]:
    """Say what the plan takes for granted."""
    at_cashier, at_barista = _batch(load, cashier=True), _batch(load, cashier=False)
    gathering = f"what gathers in {ROUND_TRIP_SECONDS * 1000:g} ms, up to {BATCH}"
    return [
        f"Each worker prepares {load.concurrency} orders at once, all the time.",
        "Orders come steadily; what comes in a rush waits until the autoscaler has followed.",
        f"Requests go in batches of {gathering}.",
        f"That is {at_cashier:.1f} with {load.cashiers} cashiers, {at_barista:.1f} at a worker.",
        "A worker receives as its slots become free, one by one, and makes no idle polls.",
        f"Leases and claims are extended every {LEASE_SECONDS} s.",
        "An order is of 1 KB, and read when it is placed and when it is claimed.",
        "One notifier fans out and serves live streams; no webhooks, no e-mail.",
        f"A worker is a Fargate task of {VCPU:g} vCPU and {MEMORY_GB:g} GB, x86, on demand.",
        "Not counted: cashiers, notifiers, load balancer, logs, traffic, storage, backups.",
        f"List prices of {prices.region}, {prices.as_of}: {', '.join(prices.sources)}.",
    ]


def _batch(load: Load, *, cashier: bool) -> float:
    """Say how many entries a request carries: what comes to one process while one is under way."""
    each = load.orders_per_second / load.cashiers if cashier else load.pace.orders_per_second
    return min(BATCH, max(1.0, each * ROUND_TRIP_SECONDS))


def _queue(load: Load, prices: Prices) -> list[Charge]:
    notices = CHANGES * 2 * 2 / BATCH  # received and deleted, by the fan-out and the live stream
    extensions = _extensions(load) * math.ceil(load.concurrency / BATCH) / load.concurrency
    return [
        Charge("SQS", "tickets sent", 1 / _batch(load, cashier=True), prices.sqs),
        Charge("SQS", "tickets received", 1, prices.sqs),
        Charge("SQS", "tickets deleted", 1 / _batch(load, cashier=False), prices.sqs),
        Charge("SQS", "leases extended", extensions, prices.sqs),
        Charge("SQS", "announcements heard", notices, prices.sqs),
    ]


def _topics(load: Load, prices: Prices) -> list[Charge]:
    by_cashier = 1 / _batch(load, cashier=True)
    by_barista = (CHANGES - 1) / _batch(load, cashier=False)
    return [Charge("SNS", "changes announced", by_cashier + by_barista, prices.sns)]


def _store(load: Load, prices: Prices) -> list[Charge]:
    placing = 4  # the day's number, the order, and its entries in both indexes
    closing = 2  # collected or expired, and out of the index of open orders
    return [
        Charge("DynamoDB", "writes: order and index", placing + 2 + closing, prices.write),
        Charge("DynamoDB", "writes: claims renewed", _extensions(load), prices.write),
        Charge("DynamoDB", "reads: order twice, shop's status, roster", 4, prices.read),
    ]


def _extensions(load: Load) -> int:
    """Count how often a claim is renewed before an order is ready."""
    return max(0, math.ceil(load.prep_seconds / LEASE_SECONDS) - 1)
