"""Fixtures of the chaos tests."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.chaos.report import Row, recorded
from tests.chaos.run import Run
from tests.support.emulator import Emulator, free_port


@pytest.fixture(scope="session")
def seed(testrun_uid: str) -> int:
    """The seed of all runs of this session, the same in all its processes."""
    asked = os.environ.get("COFFEE_CHAOS_SEED")
    seed = int(asked) if asked else int(testrun_uid[:5], 16)
    print(f"COFFEE_CHAOS_SEED={seed} repeats this run")  # noqa: T201 - shown when a test fails
    return seed


@pytest.fixture
def run(request: pytest.FixtureRequest, seed: int) -> Run:
    """The run of a test; its results go into the table."""

    def note(row: Row) -> None:
        request.node.user_properties.append(recorded(row))

    return Run(seed, note)


@pytest_asyncio.fixture
async def own_emulator(tmp_path: Path) -> AsyncIterator[Emulator]:
    """An emulator that only this test uses, and may stop or kill."""
    own = Emulator(free_port(), tmp_path / "emulator")
    await own.start()
    try:
        yield own
    finally:
        await own.stop()
