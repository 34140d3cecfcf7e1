"""The demonstration: faults that really fire, and evidence from the order store."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
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
        await it_is_for_managers(shop)
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
        statuses = {psutil.Process(pid).status() for pid in pids(shop)}
        assert psutil.STATUS_ZOMBIE not in statuses, "what ends the freeze is waited for"

        everything = await fault(client, "kill-everything")
        names = {hit["name"] for hit in everything["hit"]}
        assert names == {"counter", "emulator", "barista-1", "barista-2"}
        assert {hit["pid"] for hit in everything["hit"]}.isdisjoint(pids(shop))
        for one in (killed, everything):
            since, worked_at = map(dt.datetime.fromisoformat, (one["fired_at"], one["worked_at"]))
            assert worked_at == await first_begun(client, since)

        while (now := await status(client))["load"]["ended_at"] is None:  # noqa: ASYNC110 - a client can only ask
            await asyncio.sleep(0.2)
        load, evidence = now["load"], now["load"]["evidence"]
        assert load["failure"] is None
        assert load["acknowledged"] + load["refused"] == ORDERS
        assert evidence["acknowledged"] == load["acknowledged"] > 0
        assert evidence["found"] == evidence["ready_once"] == evidence["acknowledged"]
        assert (evidence["lost"], evidence["twice"], evidence["ready_again"]) == (0, 0, 0)


async def test_where_people_prepare_there_is_no_demonstration_and_the_page_says_where(
    tmp_path: Path,
) -> None:
    assert not [one for one in CASHIER_OPERATIONS if one.path == "/demonstration"]
    async with (
        open_shop(tmp_path / "var", COFFEE_BARISTA_HAND="people") as shop,
        httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as client,
    ):
        assert (await client.get("/demonstration")).status_code == 404
        body = {"act": "kill-everything"}
        assert (await client.post("/demonstration", json=body)).status_code == 404
        assert (await client.get("/operations/scaling")).status_code == 200
        page = (await client.get("/staff/operations")).text
        assert "COFFEE_STATE_DIR=demo COFFEE_PORT=8090 coffeeshop run" in page
        assert "data-act" not in page


async def it_is_for_managers(shop: RunningShop) -> None:
    async with httpx.AsyncClient(base_url=shop.url) as client:
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
        unknown = await client.post("/demonstration", json={"act": "fire"}, headers=shop.staff)
        assert unknown.status_code == 422
        assert pids(shop) == before


async def first_begun(client: httpx.AsyncClient, since: dt.datetime) -> dt.datetime:
    """When the first order was begun since then, by all orders' timelines."""
    orders, cursor = list[Any](), ""
    while True:
        query = {"limit": 100} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/orders", params=query)).json()
        orders += page["orders"]
        cursor = page["next_cursor"]
        if not cursor:
            break
    begun = (
        dt.datetime.fromisoformat(entry["at"])
        for order in orders
        for entry in order["timeline"]
        if entry["state"] == "preparing"
    )
    return min(at for at in begun if at >= since)
