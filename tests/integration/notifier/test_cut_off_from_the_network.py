"""What is wrong with our own network counts against no subscriber, and is made up for later."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from shared.domain.delivery import DeliveryState
from tests.support.cut_off_shop import ATTEMPTS, FAULTS, NAME, RECORDS
from tests.support.notifier import serving, settings_for
from tests.support.one_delivery import one_delivery
from tests.support.subscribers import endpoint, publish, subscribe
from tests.support.webhooks import answers

ALONE = ("unshare", "--user", "--map-root-user", "--net", "--mount")


async def exit_code(*command: str) -> int:
    process = await asyncio.create_subprocess_exec(*command)
    return await asyncio.wait_for(process.wait(), 60)


async def on_a_machine_of_its_own(*command: str) -> None:
    """Run a command in its own namespaces."""
    if shutil.which(ALONE[0]) is None or await exit_code(*ALONE, "true"):
        pytest.skip("needs Linux with user namespaces")
    assert await exit_code(*ALONE, *command) == 0


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_of_our_machine_counts_against_no_webhook_and_it_is_delivered_later(
    fault: str, tmp_path: Path
) -> None:
    await on_a_machine_of_its_own(
        sys.executable, "-m", "tests.support.cut_off_shop", fault, os.fspath(tmp_path)
    )
    *broken, mended = json.loads((tmp_path / RECORDS).read_text())
    assert len(broken) == ATTEMPTS
    for record in broken:
        assert record.pop("error")
        assert record == {
            "delivery": "due",
            "attempts": 0,
            "subscription": "active",
            "received": 0,
        }
    assert mended | {"error": None} == {
        "delivery": "delivered",
        "attempts": 1,
        "subscription": "active",
        "received": 1,
        "error": None,
    }


@pytest.fixture
def failing_lookups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How look-ups of the name fail, one after the other; then they succeed."""
    failing: list[int] = []
    look_up = socket.getaddrinfo

    def or_fail(host: Any, *arguments: Any, **options: Any) -> Sequence[Any]:
        if host != NAME:
            return look_up(host, *arguments, **options)
        if failing:
            raise socket.gaierror(failing.pop(), "as the system says it")
        return look_up("127.0.0.1", *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", or_fail)
    return failing


async def test_a_name_server_that_is_down_ends_neither_a_challenge_nor_a_delivery(
    ministack: str, failing_lookups: list[int]
) -> None:
    """One failure that counted would be the last of either."""
    settings = settings_for(
        ministack, allow_loopback_webhooks=True, retry_seconds=(), challenge_retry_seconds=()
    )
    async with endpoint() as subscriber, serving(settings) as notifier:
        failing_lookups.append(socket.EAI_AGAIN)
        url = subscriber.url.replace("127.0.0.1", NAME)
        held = await subscribe(notifier, channel="webhook", url=url)
        await held.becomes("active")
        failing_lookups.append(socket.EAI_AGAIN)
        await publish(notifier)
        await subscriber.receives(1)
        shown = await held.until(lambda shown: shown["deliveries"][0]["state"] == "delivered")
        assert (shown["state"], shown["deliveries"][0]["attempts"]) == ("active", 1)
        assert failing_lookups == []


async def test_a_redelivery_that_fails_on_our_side_is_not_counted_either(
    tmp_path: Path, failing_lookups: list[int]
) -> None:
    failing_lookups.append(socket.EAI_AGAIN)
    async with one_delivery(tmp_path, answers(204), NAME) as one:
        await one.run_redelivery()
        assert (await one.recorded()).attempts == 0
        await one.run_redelivery()
        recorded = await one.recorded()
        assert (recorded.state, recorded.attempts) == (DeliveryState.DELIVERED, 1)
