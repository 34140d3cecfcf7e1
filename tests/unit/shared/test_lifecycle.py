"""Processes tick at the same moments of the machine's clock."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from shared.runtime.lifecycle import until_whole
from tests.support.skipping_loop import SkippingLoop


async def ticks(seconds: float) -> Sequence[float]:
    found = []
    for _ in range(3):
        await until_whole(seconds)
        found.append(asyncio.get_running_loop().time())
    return found


@pytest.mark.parametrize(
    ("begun", "seconds", "expected"),
    [
        (12.4, 1, [13, 14, 15]),
        (12.999, 1, [14, 15, 16]),
        (12, 1, [13, 14, 15]),
        (12.4, 0.25, [12.75, 13, 13.25]),
        (12.4, 5, [15, 20, 25]),
    ],
)
def test_whenever_a_process_begins_it_ticks_at_whole_multiples(
    begun: float, seconds: float, expected: Sequence[float]
) -> None:
    with asyncio.Runner(loop_factory=lambda: SkippingLoop(begun)) as runner:
        assert runner.run(ticks(seconds)) == pytest.approx(expected)
