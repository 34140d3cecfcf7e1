"""What a notifier has used: its CPU, its memory, and the requests and messages that it counts."""

from __future__ import annotations

from dataclasses import dataclass

import psutil
from prometheus_client.parser import text_string_to_metric_families

from tests.support.notifier import NotifierProcess

_BILLED = "coffeeshop_aws_billed_requests_total"
_SETTLED = "coffeeshop_messages_total"


@dataclass(frozen=True, slots=True)
class Usage:
    """Since the process started: seconds of CPU, requests to SQS, settled messages by queue."""

    cpu: float
    requests: float
    announcements: float
    jobs: float

    def since(self, before: Usage) -> Usage:
        """Return what was used after `before`."""
        return Usage(
            self.cpu - before.cpu,
            self.requests - before.requests,
            self.announcements - before.announcements,
            self.jobs - before.jobs,
        )


@dataclass(frozen=True, slots=True)
class Meter:
    """Reads what a notifier has used; reading costs it some milliseconds."""

    notifier: NotifierProcess

    def cpu(self) -> float:
        """Seconds of CPU, of the process alone."""
        times = self._process.cpu_times()
        return times.user + times.system

    def memory(self) -> int:
        """Resident memory, in bytes."""
        return int(self._process.memory_info().rss)

    async def read(self) -> Usage:
        """Read everything; the counts may be a second old."""
        page = (await self.notifier.http.get("/metrics")).text
        samples = [s for family in text_string_to_metric_families(page) for s in family.samples]

        def total(name: str, **labels: str) -> float:
            return sum(
                sample.value
                for sample in samples
                if sample.name == name and labels.items() <= sample.labels.items()
            )

        return Usage(
            self.cpu(),
            total(_BILLED, service="sqs"),
            total(_SETTLED, queue="announcements"),
            total(_SETTLED, queue="deliveries", outcome="done"),
        )

    @property
    def _process(self) -> psutil.Process:
        return psutil.Process(self.notifier.process.pid)
