"""Long polls of the embedded emulator end at whole seconds, so that who polls wakes seldom."""

from __future__ import annotations

import asyncio

import pytest

from shop.emulator.long_polls import LongPolls
from tests.support.skipping_loop import SkippingLoop


@pytest.mark.parametrize(
    ("seconds", "end"), [(5, 17), (8, 20), (20, 32), (2, 14.4), (0, 12.4)], ids=str
)
def test_a_poll_of_several_seconds_ends_at_a_whole_one(seconds: float, end: float) -> None:
    async def ends() -> float:
        polls = LongPolls()
        return polls.end(polls.begin(seconds))

    with asyncio.Runner(loop_factory=lambda: SkippingLoop(12.4)) as runner:
        assert runner.run(ends()) == pytest.approx(end)
