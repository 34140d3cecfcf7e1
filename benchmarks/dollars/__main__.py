"""`python -m benchmarks.dollars`: dollars for a million orders on AWS, and what each buys."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.dollars.page import bounds, text
from benchmarks.dollars.run import Metered, Scenario, serve
from benchmarks.section import Section, command
from shared.runtime.logging import configure_logging
from shared.runtime.settings import LogFormat
from tests.support.emulator import CREDENTIAL_VARIABLES, running_ministack

_SCENARIOS = (Scenario(1, 1, 6), Scenario(3, 1, 6), Scenario(10, 1, 6), Scenario(10, 3, 6))
_SHORT = (Scenario(1, 1, 3), Scenario(10, 1, 3))


async def measure(short: bool, told: Callable[[str], None]) -> Section:  # noqa: FBT001
    """Meter waves of orders, and compare their bill with that of `coffeeshop plan`."""
    os.environ.update(CREDENTIAL_VARIABLES)
    metered: list[Metered] = []
    with running_ministack() as emulator:
        for scenario in _SHORT if short else _SCENARIOS:
            told(f"{scenario.fill} entries in a batch, {scenario.notifiers} notifiers")
            with tempfile.TemporaryDirectory(prefix="dollars-") as folder:
                metered.append(await serve(scenario, emulator, Path(folder)))
    return Section("dollars", "Dollars", text(metered), bounds(metered))


if __name__ == "__main__":
    configure_logging("benchmark", LogFormat.AUTO, "WARNING", 64)
    command(measure, __doc__ or "")
