"""The demonstration: faults that really fire, and evidence from the order store."""

from __future__ import annotations

import asyncio
import contextlib
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from producer.app import CASHIER_OPERATIONS
from tests.support.shop import RunningShop, open_shop

ORDERS = 100
QUICK: dict[str, Any] = {
    "COFFEE_BREW_SPEED": "40",
    "COFFEE_BARISTAS": "2",
    "COFFEE_VISIBILITY_TIMEOUT": "3",
    "COFFEE_WATCHDOG_SECONDS": "5",
}


async def status(client: httpx.AsyncClient) -> dict[str, Any]:
    """How it goes, also while the counter is away."""
    while True:
        with contextlib.suppress(httpx.TransportError):
            answer = await client.get("/demonstration")
            if answer.is_success:
                return dict(answer.json())
        await asyncio.sleep(0.1)


async def act(client: httpx.AsyncClient, what: str) -> None:
    """Do something; the counter may not live to answer."""
    with contextlib.suppress(httpx.TransportError):
        answer = await client.post("/demonstration", json={"act": what, "orders": ORDERS})
        assert answer.status_code == HTTPStatus.ACCEPTED, answer.text


async def fault(client: httpx.AsyncClient, what: str) -> dict[str, Any]:
    """Fire a fault, and give what came of it."""
    await act(client, what)
    while (now := await status(client))["faults"][0]["ended_at"] is None:  # noqa: ASYNC110 - a client can only ask
        await asyncio.sleep(0.1)
    assert now["faults"][0]["act"] == what
    return dict(now["faults"][0])


def pids(shop: RunningShop) -> set[int]:
    return {child.pid for child in psutil.Process(shop.process.pid).children()}


@pytest.mark.timeout(120)
async def test_no_order_is_lost_while_processes_are_killed_and_the_queue_stands_still(
    tmp_path: Path,
) -> None:
    async with (
        open_shop(tmp_path / "var", **QUICK) as shop,
        httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as client,
    ):
        before = pids(shop)
        await act(client, "load")
        killed = await fault(client, "kill-barista")
        (hit,) = killed["hit"]
        assert hit["pid"] in before
        assert hit["pid"] not in pids(shop)
        assert (hit["name"][:7], hit["signal"]) == ("barista", "SIGKILL")
        assert {*killed["replaced_by"]} <= pids(shop) - before

        frozen = await fault(client, "freeze-sqs")
        (hit,) = frozen["hit"]
        assert (hit["name"], hit["signal"]) == ("emulator", "SIGSTOP")
        assert hit["pid"] in pids(shop), "it goes on, and was not replaced"
        assert frozen["unanswered"] > 0
        assert psutil.Process(hit["pid"]).status() != psutil.STATUS_STOPPED

        everything = await fault(client, "kill-everything")
        names = {hit["name"] for hit in everything["hit"]}
        assert names == {"counter", "emulator", "barista-1", "barista-2"}
        assert {hit["pid"] for hit in everything["hit"]}.isdisjoint(pids(shop))

        while (now := await status(client))["load"]["ended_at"] is None:  # noqa: ASYNC110 - a client can only ask
            await asyncio.sleep(0.2)
        load, evidence = now["load"], now["load"]["evidence"]
        assert load["failure"] is None
        assert load["acknowledged"] + load["refused"] == ORDERS
        assert evidence["acknowledged"] == load["acknowledged"] > 0
        assert evidence["found"] == evidence["ready_once"] == evidence["acknowledged"]
        assert (evidence["lost"], evidence["twice"], evidence["ready_again"]) == (0, 0, 0)


async def test_the_demonstration_is_for_managers_of_one_machine_where_it_can_be_done(
    tmp_path: Path,
) -> None:
    assert not [one for one in CASHIER_OPERATIONS if one.path == "/demonstration"]
    async with (
        open_shop(tmp_path / "var", COFFEE_BARISTA_HAND="people") as shop,
        httpx.AsyncClient(base_url=shop.url) as client,
    ):
        before = pids(shop)
        body = {"act": "kill-everything"}
        assert (await client.post("/demonstration", json=body)).status_code == 401
        key = {"name": "Ada", "role": "barista"}
        added = (await client.post("/staff-keys", json=key, headers=shop.staff)).json()
        barista = {"Authorization": f"Bearer {added['key']}"}
        refused = await client.post("/demonstration", json=body, headers=barista)
        assert refused.status_code == 403
        elsewhere = {
            "Cookie": f"coffee-staff={shop.staff_key}",
            "Origin": "http://127.0.0.1:1",
            "Sec-Fetch-Site": "same-site",
        }
        foreign = await client.post("/demonstration", json=body, headers=elsewhere)
        assert foreign.status_code == 401
        load = await client.post("/demonstration", json={"act": "load"}, headers=shop.staff)
        assert load.status_code == 409
        assert "People prepare the orders here" in load.json()["detail"]
        unknown = await client.post("/demonstration", json={"act": "fire"}, headers=shop.staff)
        assert unknown.status_code == 422
        assert pids(shop) == before
