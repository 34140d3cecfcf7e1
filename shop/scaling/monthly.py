"""What is paid by the month beside requests: tasks, network and logs of deploy/platform.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.aws.prices import Prices
from shop.scaling.charges import Load

HOURS_A_MONTH = 730
SECONDS_A_MONTH = HOURS_A_MONTH * 3600

WEB_TASK = (0.5, 1.0)
"""The vCPU and GB of a cashier, and of a notifier."""

WORKER_TASK = (0.25, 0.5)
"""Those of a worker, the smallest that there are: preparing is waiting."""

ENDPOINTS, ZONES = 6, 2
"""Interface endpoints, each in every zone; DynamoDB and S3 have gateways, which cost nothing."""

ADDRESSES = 3
"""Public ones: of the load balancer in each zone, and of the NAT gateway."""

LOG_BYTES = 1700
"""What an order writes at INFO, in all services."""


@dataclass(frozen=True, slots=True)
class Monthly:
    """Something that is paid by the month, in dollars."""

    what: str
    dollars: float


def monthly(load: Load, prices: Prices) -> Sequence[Monthly]:
    """List what the load takes beside requests."""
    gigabytes = load.orders_per_second * SECONDS_A_MONTH * LOG_BYTES / 1e9
    hourly = {
        f"Fargate: {load.cashiers} cashiers": load.cashiers * _task(WEB_TASK, prices),
        f"Fargate: {load.notifiers} notifiers": load.notifiers * _task(WEB_TASK, prices),
        f"Fargate: {load.workers:,} workers": load.workers * _task(WORKER_TASK, prices),
        f"{ENDPOINTS} endpoints, {ZONES} zones": ENDPOINTS * ZONES * prices.endpoint_hour,
        "NAT gateway, for notifiers": prices.nat_hour,
        "load balancer": prices.balancer_hour,
        f"{ADDRESSES} public addresses": ADDRESSES * prices.address_hour,
    }
    return [
        *(Monthly(what, dollars * HOURS_A_MONTH) for what, dollars in hourly.items()),
        Monthly("logs at INFO", gigabytes * prices.log_gb),
    ]


def _task(size: tuple[float, float], prices: Prices) -> float:
    vcpu, gigabytes = size
    return vcpu * prices.vcpu_hour + gigabytes * prices.gb_hour
