"""Fixtures of the chaos tests."""

from __future__ import annotations

import os

import pytest

from tests.chaos.report import Row, recorded
from tests.chaos.run import Run


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
