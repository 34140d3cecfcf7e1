"""Limits that a load runs into: the cashiers' own, and those of one AWS queue or partition."""

from __future__ import annotations

from collections.abc import Sequence

from producer.settings import CashierSettings
from shop.scaling.charges import CHANGES, Load, numbers_in_block

IN_FLIGHT = 120_000
"""SQS holds no more messages of one queue in flight."""

PARTITION_UNITS = {"writes": 1000, "reads": 3000}
"""DynamoDB's limit per second of one partition key, however many units are paid for."""

BACKLOG_LIMIT: int = CashierSettings.model_fields["backlog_limit"].default


def most_unfinished(load: Load) -> float:
    """Return how many tickets may be unfinished while no order waits longer than acceptable."""
    return load.orders_per_second * max(load.prep_seconds, load.acceptable_wait)


def warnings(load: Load) -> Sequence[str]:
    """Return a line for each limit that the load exceeds."""
    rate = load.orders_per_second
    numbers = rate / numbers_in_block(load.at_cashier)
    units = (
        ("order numbers and worker heartbeats", numbers + load.heartbeats_per_second, "writes"),
        ("the index of open orders", 2 * rate, "writes"),
        (
            "the shop's status and worker heartbeats",
            load.status_reads_per_second + load.heartbeat_reads_per_second,
            "reads",
        ),
        ("the subscribers of all orders", CHANGES * rate, "reads"),
    )
    return [
        *_of_tickets(load),
        *(
            f"{what} take {count:,.0f} {kind} a second, and DynamoDB allows"
            f" {PARTITION_UNITS[kind]:,} on one partition: share the orders out among several"
            " shops (COFFEE_STORE_ID)."
            for what, count, kind in units
            if count > PARTITION_UNITS[kind]
        ),
    ]


def _of_tickets(load: Load) -> Sequence[str]:
    unfinished, in_flight = most_unfinished(load), load.orders_per_second * load.prep_seconds
    found = []
    if unfinished > BACKLOG_LIMIT:
        found.append(
            f"up to {unfinished:,.0f} tickets are unfinished, {in_flight:,.0f} of them being"
            f" prepared: above a COFFEE_BACKLOG_LIMIT of {BACKLOG_LIMIT:,}, the default, cashiers"
            " answer 503."
        )
    if in_flight > IN_FLIGHT:
        found.append(
            f"{in_flight:,.0f} tickets are being prepared, and SQS allows {IN_FLIGHT:,} of one"
            " queue in flight."
        )
    return found
