"""The cashier answers as its OpenAPI document says, whatever is sent, by schemathesis' account."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests.support.cashier import ServedCashier
from tests.support.web import AS_STAFF

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
EXAMPLES = 20
SEED = 20261120

NOT_CHECKED = "positive_data_acceptance"
"""What a schema cannot say is refused as well: an item that is not on the menu, a stale cursor."""


async def schemathesis(
    document: str, folder: Path, headers: dict[str, str]
) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        SCHEMATHESIS,
        "run",
        document,
        "--checks=all",
        f"--exclude-checks={NOT_CHECKED}",
        f"--max-examples={EXAMPLES}",
        f"--seed={SEED}",
        "--generation-database=none",
        "--request-timeout=10",
        "--no-color",
        *(f"--header={name}: {value}" for name, value in headers.items()),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, said.decode()


@pytest.mark.parametrize("headers", [AS_STAFF, {}], ids=["staff", "anybody"])
async def test_every_answer_is_one_that_the_document_promises(
    new_cashier: ServedCashier, tmp_path: Path, headers: dict[str, str]
) -> None:
    status, said = await schemathesis(str(new_cashier.url / "openapi.json"), tmp_path, headers)
    assert status == 0, said
    orders = (await new_cashier.staff("GET", "/orders")).body["orders"]
    assert orders, "schemathesis never got as far as to place an order"
