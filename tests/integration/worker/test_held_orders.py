"""Orders that people hold for long cost their worker next to nothing, and come back to nobody.

What takes 30 minutes with a lease of 30 s takes 10 s with one of 3 s and a 60th of the renewals;
`python -m benchmarks.hands` measures the whole of it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.hands.run import Held, measure
from shared.runtime.settings import StoreKind

ORDERS, SECONDS, VISIBILITY = 12, 10, 3
ROUNDS = SECONDS / (VISIBILITY / 3)
"""How often leases and claims are renewed."""

pytestmark = pytest.mark.timeout(120)


async def held(ministack: str, folder: Path, store: StoreKind) -> Held:
    return await measure(
        ministack, folder, orders=ORDERS, seconds=SECONDS, visibility=VISIBILITY, store=store
    )


async def test_orders_in_hand_are_renewed_read_at_once_and_redelivered_to_nobody(
    ministack: str, tmp_path: Path
) -> None:
    found = await held(ministack, tmp_path, StoreKind.DYNAMODB)
    assert found.received == ORDERS
    assert set(found.attempts) == {1}
    assert found.requests["BatchGetItem"] <= SECONDS + 1
    assert found.requests["PutItem"] <= ORDERS * (ROUNDS + 1)
    assert found.requests["ChangeMessageVisibilityBatch"] <= 2 * (ROUNDS + 1)
    assert "GetItem" not in found.requests
    assert found.let_go_seconds < 3


async def test_a_worker_with_people_s_orders_sleeps_nearly_all_the_time(
    ministack: str, tmp_path: Path
) -> None:
    """Its leases are renewed ten times as often as by default, and it may use ten times 1 %."""
    found = await held(ministack, tmp_path, StoreKind.SQLITE)
    assert set(found.attempts) == {1}
    assert found.cpu < 0.1
