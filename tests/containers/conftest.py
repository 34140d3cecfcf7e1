"""What the tests of this folder may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.containers import ContainerShop, missing_engine, running_containers


@pytest.fixture(scope="session", autouse=True)
def _engine() -> None:
    """Skip everything here where no containers can be run, and say why."""
    if reason := missing_engine():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def shop(_engine: None) -> Iterator[ContainerShop]:
    """The shop in containers, which all tests of a run share: opening it takes its time."""
    with running_containers() as opened:
        yield opened
