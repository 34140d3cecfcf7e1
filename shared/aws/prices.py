"""What AWS charges: list prices in US dollars, with their date and source."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of one region. Requests, writes and reads are per million.

    A write is of 1 KB, a read of 4 KB and consistent; capacity for one of them a second is paid by
    the hour. Fargate's prices are those for ARM; logs are paid by the GB that is written.
    """

    region: str
    as_of: str
    sources: tuple[str, ...]
    sqs: float
    sns: float
    write: float
    read: float
    write_capacity_hour: float
    read_capacity_hour: float
    vcpu_hour: float
    gb_hour: float
    log_gb: float
    endpoint_hour: float
    nat_hour: float
    balancer_hour: float
    address_hour: float

    def provisioned(self, used: float) -> Prices:
        """Return the prices where capacity is provisioned, of which so much is `used` (0 to 1)."""
        million_hours = 1e6 / 3600 / used
        return replace(
            self,
            write=self.write_capacity_hour * million_hours,
            read=self.read_capacity_hour * million_hours,
        )


US_EAST_1 = Prices(
    region="us-east-1",
    as_of="November 2026 (Fargate: March 2026; logs and network: 2025)",
    sources=(
        "aws.amazon.com/sqs/pricing",
        "aws.amazon.com/sns/pricing",
        "aws.amazon.com/dynamodb/pricing/on-demand",
        "aws.amazon.com/dynamodb/pricing/provisioned",
        "aws.amazon.com/fargate/pricing",
        "aws.amazon.com/cloudwatch/pricing",
        "aws.amazon.com/vpc/pricing",
        "aws.amazon.com/privatelink/pricing",
        "aws.amazon.com/elasticloadbalancing/pricing",
    ),
    sqs=0.40,
    sns=0.50,
    write=0.625,
    read=0.125,
    write_capacity_hour=0.00065,
    read_capacity_hour=0.00013,
    vcpu_hour=0.03238,
    gb_hour=0.00356,
    log_gb=0.50,
    endpoint_hour=0.01,
    nat_hour=0.045,
    balancer_hour=0.0225,
    address_hour=0.005,
)
