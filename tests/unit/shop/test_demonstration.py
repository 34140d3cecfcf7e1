"""The demonstration goes on after an error of its own."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

import shop.demonstration.demonstration as module
from shop.demonstration.demonstration import Demonstration
from shop.demonstration.faults import Fired, Outcome, Targets
from shop.scaling.control_messages import Act, DemonstrationRequest
from shop.settings import ShopSettings


async def test_a_fault_that_cannot_be_followed_is_over_and_another_can_be_fired(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fails(*_: object) -> Outcome:
        raise OSError("no more files")

    monkeypatch.setattr(module, "fire", lambda *_: Fired([], [], ""))
    monkeypatch.setattr(module, "outcome", fails)
    trial = Demonstration(
        settings=ShopSettings(), url="", owner_key=None, targets=lambda: cast("Targets", None)
    )
    kill = DemonstrationRequest(demonstrate=Act.KILL_BARISTA)
    for _ in range(2):
        trial.handle(kill)
        await asyncio.sleep(0)
    await trial.stop()
    faults = trial.handle(DemonstrationRequest(demonstrate=None)).faults
    assert [fault.ended_at is not None for fault in faults] == [True, True]
    assert faults[0].unanswered == -1
