"""Runs jobs: the handler of the deliveries queue."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from notifier.deliveries.confirmation import Confirmation
from notifier.deliveries.deliverer import Deliverer
from shared.consuming.message import Message
from shared.consuming.outcome import Outcome, Reject
from shared.messages.delivery_job import DELIVERY_JOB, Confirm, Deliver, Redeliver


@dataclass(frozen=True, slots=True)
class DeliveryJobHandler:
    """Gives each job to whoever runs it."""

    deliverer: Deliverer
    confirmation: Confirmation

    async def run(self, delivery: Message) -> Outcome:
        """Run a job; what is none becomes a dead letter."""
        try:
            job = DELIVERY_JOB.validate_json(delivery.body)
        except ValidationError:
            return Reject("not a job")
        match job:
            case Deliver():
                return await self.deliverer.deliver(job)
            case Redeliver():
                return await self.deliverer.redeliver(job)
            case Confirm():
                return await self.confirmation.ask(job)
