"""One run of a row of the fault matrix: its size, its seed, and the final check."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.driver import ChaosShop
from tests.chaos.evidence import Evidence
from tests.chaos.invariants import violations
from tests.chaos.report import Row
from tests.support.faults.redelivery import COPIES

LONG = os.environ.get("COFFEE_CHAOS") == "long"
RESTS_WITHIN = 300 if LONG else 60
"""Seconds from the last order until no work is left."""


@dataclass(frozen=True, slots=True)
class Run:
    """The same seed draws the same orders and faults. `note` records the results."""

    seed: int
    note: Callable[[Row], None]

    def size(self, short: int, long: int, variable: str = "") -> int:
        """How many: few in CI, more in the long form, any number by a variable."""
        asked = os.environ.get(variable) if variable else None
        return int(asked) if asked else (long if LONG else short)

    async def judged(self, shop: ChaosShop, fault: str, recovery: float | None = None) -> Evidence:
        """Wait until the shop is at rest, and check every invariant against the evidence.

        `recovery` is in seconds; left out, it is that of the killed baristas' tickets.
        """
        await shop.comes_to_rest(RESTS_WITHIN)
        evidence = await shop.evidence()
        copies = shop.faults.met["ReceiveMessage", COPIES]
        row = Row(
            fault=fault,
            seed=self.seed,
            orders=len(evidence.ledger.acknowledged),
            kills=shop.kills,
            lost=len(evidence.lost),
            duplicate_orders=evidence.duplicate_orders,
            duplicate_deliveries=evidence.duplicate_deliveries + copies,
            recovery=shop.pool.recovery_seconds() if recovery is None else recovery,
        )
        self.note(row.beyond(shop.noted))
        shop.noted = row
        broken = violations(evidence)
        assert not broken, broken
        return evidence
