"""Both services answer as their OpenAPI documents say, whatever is sent: schemathesis tries."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from shared.messages.topics import BUILT_IN_TOPICS
from tests.support.cashier import ServedCashier
from tests.support.notifier import serving, settings_for
from tests.support.web import AS_STAFF

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
EXAMPLES = 12
SEED = 20261120

NOT_CHECKED = "positive_data_acceptance"
"""What a schema cannot say is refused as well: an item that is not on the menu, a stale cursor."""

ALLOWED_METHODS = "allow_header_conformance"
"""To DELETE, the notifier's dead-letters could be a subscription's id, and `Allow` says so."""

NOT_ASKED = "/events"
"""A stream, which does not end."""


CONFIGURATION = """
[checks]
negative_data_rejection.expected-statuses = [
    400, 401, 403, 404, 405, 409, 412, 413, 415, 417, 422, 428, 429
]
"""
"""A token beyond its length may be too long for a body at all."""


async def schemathesis(
    document: str, folder: Path, headers: dict[str, str], *not_checked: str
) -> tuple[int | None, str]:
    (folder / "schemathesis.toml").write_text(CONFIGURATION)
    process = await asyncio.create_subprocess_exec(
        SCHEMATHESIS,
        "run",
        document,
        "--checks=all",
        f"--exclude-checks={','.join([NOT_CHECKED, *not_checked])}",
        f"--exclude-path={NOT_ASKED}",
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
async def test_every_answer_of_the_cashier_is_one_that_its_document_promises(
    new_cashier: ServedCashier, tmp_path: Path, headers: dict[str, str]
) -> None:
    status, said = await schemathesis(str(new_cashier.url / "openapi.json"), tmp_path, headers)
    assert status == 0, said
    orders = (await new_cashier.staff("GET", "/orders")).body["orders"]
    assert orders, "schemathesis never got as far as to place an order"


@pytest.mark.parametrize("headers", [AS_STAFF, {}], ids=["staff", "anybody"])
async def test_every_answer_of_the_notifier_is_one_that_its_document_promises(
    ministack: str, tmp_path: Path, headers: dict[str, str]
) -> None:
    settings = settings_for(ministack, subscriptions_per_minute=0)
    async with serving(settings) as notifier:
        document = str(notifier.http.base_url.join("openapi.json"))
        status, said = await schemathesis(document, tmp_path, headers, ALLOWED_METHODS)
        assert status == 0, said
        topics = (await notifier.http.get("/topics")).json()["topics"]
        added = len(topics) - len(BUILT_IN_TOPICS)
        assert bool(added) == bool(headers), "schemathesis adds topics, if it is staff"
