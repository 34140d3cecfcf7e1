"""What one order is charged for, by the code's own numbers: requests, messages, reads and writes.

A test counts the same on the wire, with a real cashier, barista and notifier.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from producer.orders.admission import HEARTBEATS_TTL_SECONDS
from producer.orders.backlog import SAMPLE_SECONDS
from shared.aws.batcher import MAX_ENTRIES
from shared.aws.prices import Prices
from shop.scaling.target import Throughput, workers_at
from worker.app import HEARTBEAT_SECONDS
from worker.settings import WorkerSettings

EXTENDED_EVERY: float = WorkerSettings.model_fields["visibility_timeout"].default / 3
"""Seconds between two extensions of a lease or claim: a third of the visibility timeout."""

ROUND_TRIP_SECONDS = 0.01
"""How long a request to AWS takes; the next batch gathers meanwhile."""

CASHIER_ANNOUNCEMENTS, BARISTA_ANNOUNCEMENTS = 2, 2
"""The cashier announces an order placed and collected, the barista preparing and ready."""

CHANGES = CASHIER_ANNOUNCEMENTS + BARISTA_ANNOUNCEMENTS

ANNOUNCEMENT_QUEUES = 2
"""The fan-out and the live streams receive every announcement, on a queue each."""

HEARTBEAT_BYTES = 250
"""The size of a worker heartbeat whose name has 30 characters."""

READ_BYTES = 4096
"""What one unit of a consistent read covers; of an eventually consistent one, twice that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A steady load, taken by so many `cashiers` processes. Times are in seconds.

    Leases and claims are extended every `lease_seconds`.
    """

    orders_per_second: float
    prep_seconds: float
    acceptable_wait: float
    concurrency: int
    cashiers: int
    lease_seconds: float = EXTENDED_EVERY

    @property
    def throughput(self) -> Throughput:
        """How fast one barista is."""
        return Throughput(self.prep_seconds, self.concurrency)

    @property
    def workers(self) -> int:
        """How many workers keep up with it."""
        return workers_at(self.orders_per_second, self.throughput)

    @property
    def at_cashier(self) -> float:
        """Orders per second at one cashier."""
        return self.orders_per_second / self.cashiers

    @property
    def heartbeats_per_second(self) -> float:
        """How many heartbeats all workers write."""
        return self.workers / HEARTBEAT_SECONDS

    @property
    def heartbeat_reads_per_second(self) -> float:
        """How many read units all cashiers use for the worker heartbeats."""
        reads = self.cashiers * min(self.at_cashier, 1 / HEARTBEATS_TTL_SECONDS)
        return reads * math.ceil(self.workers * HEARTBEAT_BYTES / READ_BYTES) / 2


@dataclass(frozen=True, slots=True)
class Charge:
    """Something that AWS charges for: how often per order, and dollars per million."""

    service: str
    what: str
    per_order: float
    price: float


def charges(load: Load, prices: Prices) -> Sequence[Charge]:
    """List all that an order is charged for."""
    return [*_queues(load, prices), *_topics(load, prices), *_store(load, prices)]


def batch(entries_per_second: float) -> float:
    """Return how many entries a request carries: those that arrive during the one before it."""
    return min(MAX_ENTRIES, max(1.0, entries_per_second * ROUND_TRIP_SECONDS))


def _queues(load: Load, prices: Prices) -> Sequence[Charge]:
    received = CHANGES * ANNOUNCEMENT_QUEUES * 2 / batch(CHANGES * load.orders_per_second)
    rounds = load.prep_seconds / load.lease_seconds / load.concurrency
    per_order = {
        "tickets sent": 1 / batch(load.at_cashier),
        "tickets received": 1,
        "tickets deleted": 1 / batch(load.throughput.orders_per_second),
        "leases extended": rounds * math.ceil(load.concurrency / MAX_ENTRIES),
        "backlog counted by cashiers": load.cashiers / SAMPLE_SECONDS / load.orders_per_second,
        "announcements received": received,
    }
    return [Charge("SQS", what, count, prices.sqs) for what, count in per_order.items()]


def _topics(load: Load, prices: Prices) -> Sequence[Charge]:
    by_cashier = CASHIER_ANNOUNCEMENTS / batch(CASHIER_ANNOUNCEMENTS * load.at_cashier)
    rate = load.throughput.orders_per_second
    by_barista = BARISTA_ANNOUNCEMENTS / batch(BARISTA_ANNOUNCEMENTS * rate)
    return [Charge("SNS", "changes announced", by_cashier + by_barista, prices.sns)]


def _store(load: Load, prices: Prices) -> Sequence[Charge]:
    writes = {
        "writes: number and order": 1 + CHANGES,
        "writes: its entries in indexes": 3,  # into both; out of that of open orders
        "writes: claims renewed": max(0, math.ceil(load.prep_seconds / load.lease_seconds) - 1),
        "writes: worker heartbeats": load.heartbeats_per_second / load.orders_per_second,
    }
    reads = {
        "reads: order thrice, shop's status": 4,  # placed, claimed, collected
        "reads: worker heartbeats": load.heartbeat_reads_per_second / load.orders_per_second,
        "reads: subscribers, of all and of it": CHANGES * 2,
    }
    return [
        *(Charge("DynamoDB", what, count, prices.write) for what, count in writes.items()),
        *(Charge("DynamoDB", what, count, prices.read) for what, count in reads.items()),
    ]
