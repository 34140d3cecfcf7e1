"""What one order is charged for, counted off the code: who sends, receives, writes and reads what.

A test counts the same off the wire, with a real cashier, barista and notifier.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from producer.orders.admission import HEARTBEATS_TTL_SECONDS
from producer.orders.backlog import SAMPLE_SECONDS
from shop.scaling.prices import Prices
from shop.scaling.target import Pace, workers_at
from worker.app import HEARTBEAT_SECONDS

BATCH = 10
"""SQS and SNS take up to 10 messages in one request."""

ROUND_TRIP_SECONDS = 0.01
"""How long a request to AWS takes, during which the next batch gathers."""

CASHIER_TELLS, BARISTA_TELLS = 2, 2
"""An order is announced placed and collected by the one, preparing and ready by the other."""

CHANGES = CASHIER_TELLS + BARISTA_TELLS

HEARERS = 2
"""Every announcement is heard by the fan-out and by the live streams, on a queue each."""

SHIFT_BYTES = 220
"""What a barista's line on the roster takes, if its name is of 30 characters."""

READ_BYTES = 4096
"""What a read unit covers, if it is to be consistent; otherwise twice that."""


@dataclass(frozen=True, slots=True)
class Load:
    """A steady load; `cashiers` are the processes that take it. Times are in seconds.

    Leases and claims are extended every `lease_seconds`, a third of the visibility timeout.
    """

    orders_per_second: float
    prep_seconds: float
    acceptable_wait: float
    concurrency: int
    cashiers: int
    lease_seconds: float = 10

    @property
    def pace(self) -> Pace:
        """How fast one barista is."""
        return Pace(self.prep_seconds, self.concurrency)

    @property
    def workers(self) -> int:
        """How many baristas keep up with it."""
        return workers_at(self.orders_per_second, self.pace)

    @property
    def at_cashier(self) -> float:
        """How many orders a second come to one cashier."""
        return self.orders_per_second / self.cashiers

    @property
    def clock_ins_per_second(self) -> float:
        """How often a barista writes its line on the roster, of all there are."""
        return self.workers / HEARTBEAT_SECONDS

    @property
    def roster_reads_per_second(self) -> float:
        """How many read units it takes for every cashier to look at the roster."""
        looks = self.cashiers * min(self.at_cashier, 1 / HEARTBEATS_TTL_SECONDS)
        return looks * math.ceil(self.workers * SHIFT_BYTES / READ_BYTES) / 2


@dataclass(frozen=True, slots=True)
class Charge:
    """Something that is paid for: how often for each order, and dollars per million."""

    service: str
    what: str
    per_order: float
    price: float


def charges(load: Load, prices: Prices) -> Sequence[Charge]:
    """List all that an order is charged for."""
    return [*_queues(load, prices), *_topics(load, prices), *_store(load, prices)]


def batch(entries_per_second: float) -> float:
    """Say how many entries a request carries: what comes to a process while one is under way."""
    return min(BATCH, max(1.0, entries_per_second * ROUND_TRIP_SECONDS))


def _queues(load: Load, prices: Prices) -> Sequence[Charge]:
    heard = CHANGES * HEARERS * 2 / batch(CHANGES * load.orders_per_second)
    rounds = load.prep_seconds / load.lease_seconds / load.concurrency
    looks = load.cashiers / SAMPLE_SECONDS / load.orders_per_second
    per_order = {
        "tickets sent": 1 / batch(load.at_cashier),
        "tickets received": 1,
        "tickets deleted": 1 / batch(load.pace.orders_per_second),
        "leases extended": rounds * math.ceil(load.concurrency / BATCH),
        "backlog counted by cashiers": looks,
        "announcements heard": heard,
    }
    return [Charge("SQS", what, count, prices.sqs) for what, count in per_order.items()]


def _topics(load: Load, prices: Prices) -> Sequence[Charge]:
    by_cashier = CASHIER_TELLS / batch(CASHIER_TELLS * load.at_cashier)
    by_barista = BARISTA_TELLS / batch(BARISTA_TELLS * load.pace.orders_per_second)
    return [Charge("SNS", "changes announced", by_cashier + by_barista, prices.sns)]


def _store(load: Load, prices: Prices) -> Sequence[Charge]:
    writes = {
        "writes: number and order": 1 + CHANGES,
        "writes: its entries in indexes": 3,  # of all and of what is open; out of the latter
        "writes: claims renewed": max(0, math.ceil(load.prep_seconds / load.lease_seconds) - 1),
        "writes: baristas clock in": load.clock_ins_per_second / load.orders_per_second,
    }
    reads = {
        "reads: order thrice, shop's status": 4,  # placed, claimed, collected
        "reads: roster": load.roster_reads_per_second / load.orders_per_second,
        "reads: subscribers, of all and of it": CHANGES * 2,
    }
    return [
        *(Charge("DynamoDB", what, count, prices.write) for what, count in writes.items()),
        *(Charge("DynamoDB", what, count, prices.read) for what, count in reads.items()),
    ]
