"""The names of the shop's queues and topics, and their ARNs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a shop's queues and topics, behind its prefix."""

    prefix: str = ""

    @property
    def orders(self) -> str:
        """The queue of tickets."""
        return f"{self.prefix}orders"

    @property
    def dead_letters(self) -> str:
        """The queue of tickets that were given up on."""
        return f"{self.prefix}orders-dead-letters"

    @property
    def announcements(self) -> str:
        """The queue from which the notifiers together receive each announcement once."""
        return f"{self.prefix}announcements"

    @property
    def undelivered(self) -> str:
        """The queue of what SNS could not send to `announcements`; only a template makes it."""
        return f"{self.prefix}announcements-undelivered"

    @property
    def deliveries(self) -> str:
        """The queue of delivery jobs."""
        return f"{self.prefix}deliveries"

    @property
    def deliveries_dead_letters(self) -> str:
        """The queue of delivery jobs that were given up on."""
        return f"{self.prefix}deliveries-dead-letters"

    @property
    def photos(self) -> str:
        """The queue of uploaded photos."""
        return f"{self.prefix}photos"

    @property
    def photos_dead_letters(self) -> str:
        """The queue of uploads that were refused, or could not be worked on."""
        return f"{self.prefix}photos-dead-letters"

    @property
    def notifier_queues(self) -> Sequence[str]:
        """The queues that a notifier cannot do without."""
        return (self.announcements, self.deliveries, self.deliveries_dead_letters)

    def is_own(self, queue: str) -> bool:
        """Whether a queue of our account, by its name, is one of this shop's own."""
        ours = {self.orders, self.dead_letters, self.photos, self.photos_dead_letters}
        theirs = {*self.notifier_queues, self.undelivered}
        return queue in ours | theirs or queue.startswith(self.live(""))

    def live(self, instance: str) -> str:
        """The queue from which one notifier instance receives all announcements."""
        return f"{self.prefix}live-{instance}"

    def topic(self, name: str) -> str:
        """The SNS topic behind one of the shop's topics."""
        return f"{self.prefix}{name}"


def topic_arn(queue_arn: str, topic: str) -> str:
    """Name the topic that lives in the same partition, region and account as a queue."""
    _, partition, _, region, account, _ = queue_arn.split(":", 5)
    return f"arn:{partition}:sns:{region}:{account}:{topic}"


def queue_arn_beside(arn: str, queue: str) -> str:
    """Name the queue that lives in the same partition, region and account as a topic or a queue."""
    _, partition, _, region, account, _ = arn.split(":", 5)
    return f"arn:{partition}:sqs:{region}:{account}:{queue}"
