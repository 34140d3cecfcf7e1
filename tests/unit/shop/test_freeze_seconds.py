"""How long the emulator stands still when a demonstration freezes it."""

from __future__ import annotations

import pytest

from shop.demonstration.faults import LONGEST_FREEZE, Targets
from shop.processes.child import Child
from shop.processes.program import Program
from shop.settings import LEAST_WATCHDOG_SECONDS, MOST_WATCHDOG_SECONDS


def frozen_for(watchdog_seconds: float) -> float:
    return Targets(
        counter=Child(Program("counter", ("counter",), {})),
        workers=(),
        emulator=None,
        counter_url="",
        emulator_url="",
        watchdog_seconds=watchdog_seconds,
    ).freeze_seconds


@pytest.mark.parametrize("watchdog_seconds", range(LEAST_WATCHDOG_SECONDS, 60))
def test_a_frozen_emulator_is_thawed_before_the_watchdog_would_kill_it(
    watchdog_seconds: int,
) -> None:
    """The watchdog's first tick may come at once: it kills a second earlier than it says."""
    assert 1 < frozen_for(watchdog_seconds) < watchdog_seconds - 1


@pytest.mark.parametrize("watchdog_seconds", [0, MOST_WATCHDOG_SECONDS])
def test_without_a_watchdog_that_would_kill_it_sooner_it_is_frozen_for_the_longest_time(
    watchdog_seconds: int,
) -> None:
    assert frozen_for(watchdog_seconds) == LONGEST_FREEZE
