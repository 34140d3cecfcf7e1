"""Processes tick at the same moments of the machine's clock."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Sequence

import pytest

from shared.runtime.lifecycle import until_whole


class SkippedTime(selectors.SelectSelector):
    """The clock of an event loop that does not wait: it goes on to when the next timer is due."""

    def __init__(self, now: float) -> None:
        super().__init__()
        self.now = now

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0
        return super().select(0)


class SkippingLoop(asyncio.SelectorEventLoop):
    def __init__(self, now: float) -> None:
        self._clock = SkippedTime(now)
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


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
        (12.999, 1, [13, 14, 15]),
        (12, 1, [13, 14, 15]),
        (12.4, 0.25, [12.5, 12.75, 13]),
        (12.4, 5, [15, 20, 25]),
    ],
)
def test_whenever_a_process_begins_it_ticks_at_whole_multiples(
    begun: float, seconds: float, expected: Sequence[float]
) -> None:
    with asyncio.Runner(loop_factory=lambda: SkippingLoop(begun)) as runner:
        assert runner.run(ticks(seconds)) == pytest.approx(expected)
