"""Limits that a load runs into: the cashiers' own, and those of SNS, SQS and DynamoDB.

Each is met at some rate of orders; where the rate is above it, orders wait or are refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from producer.settings import CashierSettings
from shop.scaling.charges import CHANGES, Load, numbers_in_block

IN_FLIGHT = 120_000
"""SQS holds no more messages of one queue in flight."""

PARTITION_WRITES, PARTITION_READS = 1000, 3000
"""DynamoDB's limits per second of one partition key, however many units are paid for."""

SNS_PUBLISHES: Mapping[str, int] = {
    "us-east-1": 30_000,
    "us-west-2": 9000,
    "eu-west-1": 9000,
    "us-east-2": 1500,
    "eu-central-1": 1500,
    "ap-northeast-1": 1500,
}
"""SNS's quota of messages a second, by region; it is soft: AWS raises it on request."""

OTHER_PUBLISHES = 300
"""The quota of all other regions."""

BACKLOG_LIMIT: int = CashierSettings.model_fields["backlog_limit"].default


@dataclass(frozen=True, slots=True)
class Limit:
    """At how many orders a second a limit is met, what it is, and what to do before."""

    orders_per_second: float
    what: str
    then: str


def most_unfinished(load: Load) -> float:
    """Return how many tickets may be unfinished while no order waits longer than acceptable."""
    return load.orders_per_second * max(load.prep_seconds, load.acceptable_wait)


def limits(load: Load, region: str) -> Sequence[Limit]:
    """List the limits of a shop like that of `load`, those that are met first at the beginning."""
    publishes = SNS_PUBLISHES.get(region, OTHER_PUBLISHES)
    written = 1 / numbers_in_block(load.at_cashier) + _per_order(load, load.heartbeats_per_second)
    heartbeats = _per_order(load, load.heartbeat_reads_per_second)
    several = "share the orders out among several shops (COFFEE_STORE_ID)"
    found = [
        Limit(
            publishes / CHANGES,
            f"SNS publishes {publishes:,} messages a second in {region}, {CHANGES} an order",
            "ask AWS for a higher quota",
        ),
        Limit(
            BACKLOG_LIMIT / max(load.prep_seconds, load.acceptable_wait),
            f"cashiers answer 503 beyond {BACKLOG_LIMIT:,} unfinished tickets",
            "raise COFFEE_BACKLOG_LIMIT",
        ),
        Limit(
            IN_FLIGHT / max(load.prep_seconds, 1),
            f"SQS has at most {IN_FLIGHT:,} tickets of one queue in flight",
            several,
        ),
        Limit(
            PARTITION_WRITES / 2,
            f"the index of open orders takes 2 of {PARTITION_WRITES:,} writes a second",
            several,
        ),
        Limit(
            PARTITION_WRITES,
            f"the index by day takes 1 of {PARTITION_WRITES:,} writes a second",
            several,
        ),
        Limit(
            PARTITION_WRITES / written,
            f"order numbers and worker heartbeats take {written:.2f} of {PARTITION_WRITES:,}"
            " writes a second",
            "let a worker prepare more orders at once (COFFEE_WORKER_CONCURRENCY)",
        ),
        Limit(
            PARTITION_READS / heartbeats if heartbeats else math.inf,
            f"worker heartbeats take {heartbeats:.2f} of {PARTITION_READS:,} reads a second",
            "let a worker prepare more orders at once (COFFEE_WORKER_CONCURRENCY)",
        ),
    ]
    return sorted(found, key=lambda limit: limit.orders_per_second)


def _per_order(load: Load, per_second: float) -> float:
    return per_second / load.orders_per_second
