"""What tests over real sockets share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.cashier import ServedCashier, open_cashier, settings_for


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cashier(
    ministack: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServedCashier]:
    """A cashier that the tests of a file share, each with orders of its own."""
    async with open_cashier(settings_for(ministack, tmp_path_factory.mktemp("shop"))) as cashier:
        yield cashier


@pytest_asyncio.fixture(loop_scope="module")
async def new_cashier(ministack: str, tmp_path: Path) -> AsyncIterator[ServedCashier]:
    """A cashier whose shop nobody has been in."""
    async with open_cashier(settings_for(ministack, tmp_path)) as cashier:
        yield cashier
