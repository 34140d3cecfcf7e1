"""Runs errands: the handler of the deliveries queue."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from notifier.deliveries.confirmation import Consent
from notifier.deliveries.deliverer import Deliverer
from shared.consuming.message import Delivery
from shared.consuming.outcome import Outcome, Reject
from shared.messages.delivery_job import ERRAND, Confirm, Deliver, Redeliver


@dataclass(frozen=True, slots=True)
class ErrandRunner:
    """Gives each errand to whoever runs it."""

    deliverer: Deliverer
    consent: Consent

    async def run(self, delivery: Delivery) -> Outcome:
        """Run an errand; what is none becomes a dead letter."""
        try:
            errand = ERRAND.validate_json(delivery.body)
        except ValidationError:
            return Reject("not an errand")
        match errand:
            case Deliver():
                return await self.deliverer.deliver(errand)
            case Redeliver():
                return await self.deliverer.redeliver(errand)
            case Confirm():
                return await self.consent.ask(errand)
