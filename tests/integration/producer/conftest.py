"""What tests of the cashier's dead letters and reconciling share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from producer.reconciling.failures import Failures
from tests.support.back_room import BackRoom, open_back_room


@pytest.fixture
async def room(ministack: str, tmp_path: Path) -> AsyncIterator[BackRoom]:
    """A cashier's store, queues and dispatcher, without the HTTP in front of them."""
    async with open_back_room(ministack, tmp_path) as room:
        yield room


@pytest.fixture
def failures(room: BackRoom) -> Failures:
    """What fails the orders of dead letters."""
    return Failures(
        dead_letters=room.dead_letters,
        store=room.store,
        dispatcher=room.dispatcher,
        clock=room.clock,
    )
