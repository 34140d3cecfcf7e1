"""How much waits in the notifier's queues and in the delivery log, for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Gauge

from shared.aws.dead_letters import DeadLetters
from shared.aws.queue import SqsQueue


class DeliveryGauges:
    """What was counted last; every notifier shows the same."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.due = Gauge(
            "coffeeshop_deliveries_due",
            "Deliveries that are neither delivered nor given up.",
            registry=registry,
        )
        self.messages = Gauge(
            "coffeeshop_notifier_messages",
            "Messages on the notifier's queues, waiting or in flight.",
            ("queue", "state"),
            registry=registry,
        )
        self.dead_letters = Gauge(
            "coffeeshop_delivery_dead_letters",
            "Delivery jobs in the dead-letter queue.",
            registry=registry,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryQueueMonitor:
    """Asks SQS how much waits: three requests each time."""

    queues: Mapping[str, SqsQueue]
    dead_letters: DeadLetters
    gauges: DeliveryGauges

    async def sample(self) -> None:
        """Count the messages; raises AwsUnavailableError."""
        for name, queue in self.queues.items():
            waiting, in_flight = await queue.waiting_and_in_flight()
            self.gauges.messages.labels(name, "waiting").set(waiting)
            self.gauges.messages.labels(name, "in_flight").set(in_flight)
        self.gauges.dead_letters.set(await self.dead_letters.count())
