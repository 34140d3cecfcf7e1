"""`coffeeshop plan` charges what real services are billed for, however full batches are."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.dollars.page import MOST_APART, apart, planned
from benchmarks.dollars.run import Scenario, serve
from shared.aws.prices import US_EAST_1
from shop.scaling.charges import Part

pytestmark = pytest.mark.timeout(150)


@pytest.mark.parametrize("fill", [1, 3, 10])
async def test_the_plan_agrees_with_the_meter(ministack: str, tmp_path: Path, fill: int) -> None:
    metered = await serve(Scenario(fill, notifiers=1, waves=3), ministack, tmp_path)

    assert apart(metered) < MOST_APART
    dollars, plan = metered.dollars(US_EAST_1), planned(metered)
    for part in (Part.RECORD, Part.INDEXES, Part.READS, Part.ANNOUNCED):
        assert dollars[part] == pytest.approx(plan[part]), part
