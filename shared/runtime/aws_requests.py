"""This process's requests to AWS, counted by its clients, and what AWS bills of them."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple


class Billed(NamedTuple):
    """Requests as AWS bills them."""

    sqs: int = 0
    sns: int = 0

    def plus(self, other: Billed) -> Billed:
        """Return the sum."""
        return Billed(self.sqs + other.sqs, self.sns + other.sns)


@dataclass(frozen=True, slots=True)
class AwsRequests:
    """The counts since the process started.

    `answered` are all attempts by service, operation and HTTP status, `none` where no answer came;
    `units` are what each service bills.
    """

    answered: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)

    @property
    def billed(self) -> Billed:
        """How many requests of SQS and SNS are billed."""
        return Billed(self.units["sqs"], self.units["sns"])


aws_requests = functools.cache(AwsRequests)
"""Returns the one count of this process: its clients are made in several places."""
