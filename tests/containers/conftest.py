"""Fixtures of the container tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support.containers import ContainerShop, missing_engine, running_containers


@pytest.fixture(scope="session", autouse=True)
def _engine() -> None:
    """Skip these tests where no containers can run, with the reason; in CI that is a failure."""
    if reason := missing_engine():
        if "COFFEE_TESTS_SKIP_NOTHING" in os.environ:
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def shop(_engine: None, request: pytest.FixtureRequest) -> Iterator[ContainerShop]:
    """The shop in containers; all tests of a run share it, since opening it takes long."""
    with running_containers() as opened:
        yield opened
        if request.session.testsfailed:
            capture = request.config.pluginmanager.getplugin("capturemanager")
            with capture.global_and_fixture_disabled():  # the last test may have passed
                opened.compose_aloud("logs", "--no-color", "--tail=300")
