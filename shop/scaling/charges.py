"""What one order is charged for, by the code's own numbers: requests, messages, reads and writes.

A test counts the same on the wire, with a real cashier, barista and notifier.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from producer.orders.admission import HEARTBEATS_TTL_SECONDS
from producer.orders.backlog import SAMPLE_SECONDS
from producer.orders.opening_hours import STATUS_TTL_SECONDS
from shared.aws.batcher import MAX_ENTRIES
from shared.aws.prices import Prices
from shared.store.dynamodb.numbers import next_size
from shop.scaling.target import Throughput, workers_at
from worker.app import HEARTBEAT_SECONDS
from worker.settings import WorkerSettings

EXTENDED_EVERY: float = WorkerSettings.model_fields["visibility_timeout"].default / 3
"""Seconds between two extensions of a lease or claim: a third of the visibility timeout."""

ROUND_TRIP_SECONDS = 0.01
"""How long a request to AWS takes; the next batch gathers meanwhile."""

PACE_SECONDS = 0.25
"""How long changes gather for subscribers; a test compares it with the notifier's."""

CASHIER_ANNOUNCEMENTS, BARISTA_ANNOUNCEMENTS = 2, 2
"""The cashier announces an order placed and collected, the barista preparing and ready."""

CHANGES = CASHIER_ANNOUNCEMENTS + BARISTA_ANNOUNCEMENTS

LOOKED_UP = CHANGES - 1
"""Changes that may have subscribers of their order: nobody can know one that is just placed."""

HEARTBEAT_BYTES = 250
"""The size of a worker heartbeat whose name has 30 characters."""

READ_BYTES = 4096
"""What one unit of a consistent read covers; of an eventually consistent one, twice that."""


class Part(StrEnum):
    """What an order's dollars buy."""

    RECORD = "the record: four changes, each durable"
    INDEXES = "its entries in the indexes: board, lists, reports"
    NUMBER = "its number"
    CLAIM = "claims renewed"
    READS = "the order read: claim, collect"
    STATUS = "the shop's status read"
    ROUTES = "its subscribers looked up"
    TICKET = "its ticket: sent, received, deleted"
    ANNOUNCED = "its four changes published"
    FAN_OUT = "changes received for subscribers"
    LIVE = "changes received for live streams"
    CLOCK = "by the clock: backlog, heartbeats, empty polls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A steady load, taken by so many `cashiers` processes. Times are in seconds.

    Each of the `notifiers` receives every change for its live streams. Leases and claims are
    extended every `lease_seconds`. Batches carry `fill` entries, or what the rate makes of them.
    """

    orders_per_second: float
    prep_seconds: float
    acceptable_wait: float
    concurrency: int
    cashiers: int
    notifiers: int = 1
    lease_seconds: float = EXTENDED_EVERY
    fill: float | None = None

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

    @property
    def status_reads_per_second(self) -> float:
        """How many read units all cashiers use for the shop's status."""
        return self.cashiers * min(self.at_cashier, 1 / STATUS_TTL_SECONDS)

    @property
    def gathered(self) -> float:
        """How many changes are received, and looked up, together for subscribers."""
        changes = CHANGES * self.orders_per_second
        return max(self.batch(changes), min(MAX_ENTRIES, changes * PACE_SECONDS))

    def batch(self, entries_per_second: float) -> float:
        """Return how many entries a request carries: those that arrive during the one before."""
        gathered = entries_per_second * ROUND_TRIP_SECONDS if self.fill is None else self.fill
        return min(MAX_ENTRIES, max(1.0, gathered))


@dataclass(frozen=True, slots=True)
class Charge:
    """Something that AWS charges for, and the part of an order that it is for.

    It is how often per order, and dollars per million.
    """

    part: Part
    service: str
    what: str
    per_order: float
    price: float


def charges(load: Load, prices: Prices) -> Sequence[Charge]:
    """List all that an order is charged for."""
    return [*_queues(load, prices), *_topics(load, prices), *_store(load, prices)]


def numbers_in_block(orders_per_second: float) -> int:
    """Return how many order numbers a cashier takes at once while so many orders come."""
    size = 1
    while (larger := next_size(size, size / orders_per_second)) > size:
        size = larger
    return size


def _queues(load: Load, prices: Prices) -> Sequence[Charge]:
    live = load.batch(CHANGES * load.orders_per_second)
    rounds = load.prep_seconds / load.lease_seconds / load.concurrency
    at_worker = load.batch(load.throughput.orders_per_second)
    counted = load.cashiers / SAMPLE_SECONDS / load.orders_per_second
    per_order = {
        (Part.TICKET, "tickets sent"): 1 / load.batch(load.at_cashier),
        (Part.TICKET, "tickets received"): 1 / at_worker,
        (Part.TICKET, "tickets deleted"): 1 / at_worker,
        (Part.TICKET, "leases extended"): rounds * math.ceil(load.concurrency / MAX_ENTRIES),
        (Part.FAN_OUT, "changes received for subscribers"): CHANGES * 2 / load.gathered,
        (Part.LIVE, "changes received for live streams"): load.notifiers * CHANGES * 2 / live,
        (Part.CLOCK, "backlog counted by cashiers"): counted,
    }
    return [Charge(part, "SQS", what, n, prices.sqs) for (part, what), n in per_order.items()]


def _topics(load: Load, prices: Prices) -> Sequence[Charge]:
    by_cashier = CASHIER_ANNOUNCEMENTS / load.batch(CASHIER_ANNOUNCEMENTS * load.at_cashier)
    rate = load.throughput.orders_per_second
    by_barista = BARISTA_ANNOUNCEMENTS / load.batch(BARISTA_ANNOUNCEMENTS * rate)
    published = by_cashier + by_barista
    return [Charge(Part.ANNOUNCED, "SNS", "changes announced", published, prices.sns)]


def _store(load: Load, prices: Prices) -> Sequence[Charge]:
    rate = load.orders_per_second
    renewed = max(0, math.ceil(load.prep_seconds / load.lease_seconds) - 1)
    writes = {
        (Part.RECORD, "writes: its four changes"): CHANGES,
        (Part.INDEXES, "writes: into the index of open orders, and out of it"): 2,
        (Part.INDEXES, "writes: into the index by day"): 1,
        (Part.NUMBER, "writes: number"): 1 / numbers_in_block(load.at_cashier),
        (Part.CLAIM, "writes: claims renewed"): renewed,
        (Part.CLOCK, "writes: worker heartbeats"): load.heartbeats_per_second / rate,
    }
    reads = {
        (Part.READS, "reads: claimed, collected, half a unit each"): 2 / 2,
        (Part.STATUS, "reads: shop's status"): load.status_reads_per_second / rate,
        (Part.ROUTES, "reads: subscribers, of all and of it"): LOOKED_UP + CHANGES / load.gathered,
        (Part.CLOCK, "reads: worker heartbeats"): load.heartbeat_reads_per_second / rate,
    }
    return [
        *(Charge(part, "DynamoDB", what, n, prices.write) for (part, what), n in writes.items()),
        *(Charge(part, "DynamoDB", what, n, prices.read) for (part, what), n in reads.items()),
    ]
