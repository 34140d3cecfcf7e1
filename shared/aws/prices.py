"""What AWS charges: list prices in US dollars, with their date and source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of one region. Requests, writes and reads are per million.

    A write is of 1 KB, a read of 4 KB and consistent.
    """

    region: str
    as_of: str
    sources: tuple[str, ...]
    sqs: float
    sns: float
    write: float
    read: float
    vcpu_hour: float
    gb_hour: float


US_EAST_1 = Prices(
    region="us-east-1",
    as_of="November 2026 (Fargate: March 2026)",
    sources=(
        "aws.amazon.com/sqs/pricing",
        "aws.amazon.com/sns/pricing",
        "aws.amazon.com/dynamodb/pricing/on-demand",
        "aws.amazon.com/fargate/pricing",
    ),
    sqs=0.40,
    sns=0.50,
    write=0.625,
    read=0.125,
    vcpu_hour=0.04048,
    gb_hour=0.004445,
)
