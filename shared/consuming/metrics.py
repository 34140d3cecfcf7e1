"""Counts what becomes of messages, for Prometheus."""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter

from shared.consuming.message import Message
from shared.consuming.work import Count, Ending


@dataclass(frozen=True, slots=True)
class MessageMetrics:
    """The messages of this process, by queue and ending; `redelivered` from the second receive."""

    messages: Counter

    @classmethod
    def on(cls, registry: CollectorRegistry) -> MessageMetrics:
        """Make the metric in a registry, once."""
        return cls(
            Counter(
                "coffeeshop_messages",
                "Messages received and let go of, by how that ended.",
                ("queue", "outcome", "redelivered"),
                registry=registry,
            )
        )

    def of(self, queue: str) -> Count:
        """Give what counts the messages of one queue; it begins with zeros."""
        counters = {
            (ending, again): self.messages.labels(queue, ending, "yes" if again else "no")
            for ending in Ending
            for again in (False, True)
        }

        def count(message: Message, ending: Ending) -> None:
            counters[ending, message.receive_count > 1].inc()

        return count
