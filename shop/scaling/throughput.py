"""How long orders take: as the baristas have measured it, or else by the menu."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from shared.domain.menu import Menu
from shared.domain.shop import WorkerHeartbeat

ENOUGH = 5
"""Of fewer orders the mean says too little."""


def measured_seconds(shifts: Sequence[WorkerHeartbeat]) -> float | None:
    """Take the mean over what the baristas at work prepared last; none of too few orders."""
    prepared = sum(shift.prepared for shift in shifts)
    if prepared < ENOUGH:
        return None
    return sum(shift.prepared * shift.prep_seconds for shift in shifts) / prepared


def typical_seconds(menu: Menu, brew_speed: float) -> float:
    """Take the mean over the menu, as long as nothing was measured; 0 where nobody waits."""
    mean = statistics.fmean(item.prep_seconds for item in menu.items)
    return mean / brew_speed if brew_speed else 0.0
