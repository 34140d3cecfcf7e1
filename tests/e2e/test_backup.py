"""A whole shop, backed up under load and restored: what was acknowledged before is there."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.clock import utc_now
from shared.store.dynamodb.store import DynamoDBStore
from shared.store.dynamodb.table import Table
from tests.contract.conftest import dynamodb_client
from tests.support.command_line import coffeeshop
from tests.support.emulator import CREDENTIAL_VARIABLES
from tests.support.old_stores import ADAS_ORDER, LEFT, VERSIONS, idempotency_key, write_store
from tests.support.shop import ORDER, RunningShop, open_shop, reaches

pytestmark = pytest.mark.timeout(120)

QUICK = {
    "COFFEE_BREW_SPEED": "0",
    "COFFEE_ORDERS_PER_MINUTE": "0",
    "COFFEE_REQUESTS_PER_SECOND": "0",
    "COFFEE_RECONCILE_SECONDS": "1",
    "COFFEE_VISIBILITY_TIMEOUT": "4",
    "COFFEE_ORDER_SECONDS": "4",
}


async def orders_of(shop: RunningShop) -> list[dict[str, Any]]:
    orders: list[dict[str, Any]] = []
    async with httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as staff:
        query: dict[str, str] = {"limit": "100"}
        while True:
            page = (await staff.get("/orders", params=query)).json()
            orders += page["orders"]
            if page["next_cursor"] is None:
                return orders
            query["cursor"] = page["next_cursor"]


@contextlib.asynccontextmanager
async def placing(url: str, rate: float) -> AsyncIterator[dict[str, str]]:
    """Place orders during the block; gives the numbers of those acknowledged so far, by id."""
    acknowledged: dict[str, str] = {}
    async with httpx.AsyncClient(base_url=url, timeout=20) as client, asyncio.TaskGroup() as group:

        async def place() -> None:
            key = {"Idempotency-Key": str(uuid.uuid4())}
            answer = await client.post("/orders", json=ORDER, headers=key)
            assert answer.status_code == 201, answer.text
            acknowledged[answer.json()["id"]] = answer.json()["number"]

        async def keep_placing() -> None:
            while True:
                group.create_task(place())
                await asyncio.sleep(1 / rate)

        going_on = group.create_task(keep_placing())
        try:
            yield acknowledged
        finally:
            going_on.cancel()


async def has(acknowledged: dict[str, str], count: int) -> None:
    async with asyncio.timeout(40):
        while len(acknowledged) < count:  # noqa: ASYNC110 - the shop is another process
            await asyncio.sleep(0.02)


async def dead_letters(staff: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Wait until there are some."""
    async with asyncio.timeout(20):
        while True:
            answer = (await staff.get("/dead-letters")).json()
            if letters := list[dict[str, Any]](answer["dead_letters"]):
                return letters
            await asyncio.sleep(0.2)


async def test_a_backup_at_50_orders_a_second_has_all_that_was_acknowledged_before_it_began(
    tmp_path: Path,
) -> None:
    file = tmp_path / "backup.sqlite3"
    async with (
        open_shop(tmp_path / "var", None, **QUICK) as shop,
        placing(shop.url, rate=50) as acknowledged,
    ):
        await has(acknowledged, 150)
        before = set(acknowledged)
        code, said = await shop.command("backup", str(file))
        assert code == 0, said
        await has(acknowledged, len(acknowledged) + 1)  # writers do not wait for a backup

    fresh = tmp_path / "fresh"
    shop = replace(shop, environment={**shop.environment, "COFFEE_STATE_DIR": str(fresh)})
    code, said = await shop.command("restore", str(file))
    assert code == 0, said

    async with open_shop(fresh, None, **QUICK) as shop:
        async with httpx.AsyncClient(base_url=shop.url) as client:
            new = (await client.post("/orders", json=ORDER)).json()
            for order in await orders_of(shop):
                await reaches(client, order["id"], "ready", 40)
        orders = await orders_of(shop)
    assert before <= {order["id"] for order in orders}
    numbers = [order["number"] for order in orders]
    assert len(set(numbers)) == len(numbers)
    assert int(new["number"]) > max(map(int, acknowledged.values())), "nor one of a lost order"


async def test_a_table_backed_up_under_load_and_restored_has_all_that_was_acknowledged_before(
    tmp_path: Path, ministack: str
) -> None:
    prefix = f"t{secrets.token_hex(4)}-"
    table, restored = f"{prefix}coffee-shop", f"{prefix}restored"
    aws = {
        "COFFEE_STORE": "dynamodb",
        "COFFEE_AWS_ENDPOINT_URL": ministack,
        "COFFEE_NAME_PREFIX": prefix,
        **CREDENTIAL_VARIABLES,
    }
    async with dynamodb_client(ministack) as client:
        async with (
            open_shop(tmp_path / "var", None, **QUICK | aws | {"COFFEE_BREW_SPEED": "20"}) as shop,
            placing(shop.url, rate=10) as acknowledged,
        ):
            await has(acknowledged, 30)
            before = set(acknowledged)
            backup = await client.create_backup(TableName=table, BackupName=table)
            await has(acknowledged, len(acknowledged) + 10)

        # The table is lost with all that came after the backup; the queues are not.
        await client.update_table(TableName=table, DeletionProtectionEnabled=False)
        await client.delete_table(TableName=table)
        arn = backup["BackupDetails"]["BackupArn"]
        await client.restore_table_from_backup(TargetTableName=restored, BackupArn=arn)
        copy = DynamoDBStore(Table(client, restored), "main", utc_now)
        assert await copy.oldest_open_orders(frozenset(), 1), "some were being prepared"
    code, said = await shop.command("adopt", restored)
    assert code == 0, said

    async with open_shop(tmp_path / "var", None, **QUICK, **aws, COFFEE_TABLE=restored) as shop:
        async with placing(shop.url, rate=10) as later:
            await has(later, 5)
        async with httpx.AsyncClient(base_url=shop.url) as client:
            for order in await orders_of(shop):
                await reaches(client, order["id"], "ready", 40)
        kept = {order["id"]: order["number"] for order in await orders_of(shop)}
    assert before | set(later) <= set(kept)
    numbers = [*(acknowledged | later).values()]
    assert len(set(numbers)) == len(numbers)


async def test_queues_newer_than_the_backup_lose_nothing_and_invent_nothing(tmp_path: Path) -> None:
    file = tmp_path / "backup.sqlite3"
    async with (
        open_shop(tmp_path / "var", None, **QUICK, COFFEE_BARISTAS="0") as shop,
        httpx.AsyncClient(base_url=shop.url) as client,
    ):
        kept = (await client.post("/orders", json=ORDER)).json()
        assert (await shop.command("backup", str(file)))[0] == 0
        lost = (await client.post("/orders", json=ORDER)).json()
    assert (await shop.command("restore", "--force", str(file)))[0] == 0

    async with (
        open_shop(tmp_path / "var", None, **QUICK) as shop,
        httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as staff,
    ):
        await reaches(staff, kept["id"], "ready")
        new = (await staff.post("/orders", json=ORDER)).json()
        await reaches(staff, new["id"], "ready")
        assert [letter["reason"] for letter in await dead_letters(staff)] == ["no such order"]
        assert (await staff.get(f"/orders/{lost['id']}")).status_code == 404
        assert int(new["number"]) > int(lost["number"]) > int(kept["number"])
    assert "Traceback" not in shop.log.read_text()


@pytest.mark.parametrize("version", [VERSIONS[0], 8])
async def test_a_backup_of_an_earlier_release_opens_and_its_orders_go_on(
    tmp_path: Path, version: int
) -> None:
    old, folder = tmp_path / "old.sqlite3", tmp_path / "var"
    write_store(old, version)
    closed = await coffeeshop("restore", str(old), COFFEE_STATE_DIR=str(folder))
    assert closed.code == 0, closed.err

    days = {"COFFEE_EXPIRE_AFTER_SECONDS": str(3 * 24 * 3600)}
    async with (
        open_shop(folder, None, **QUICK, **days) as shop,
        httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as staff,
    ):
        orders = {order["customer_name"]: order for order in await orders_of(shop)}
        assert {name: order["number"] for name, order in orders.items()} == {
            name: number for name, (number, _) in LEFT.items()
        }
        for name in ("Alan", "Edsger"):  # in hand, and waiting, when that shop was killed
            await reaches(staff, orders[name]["id"], "ready", 40)
        collected = await staff.post(f"/orders/{orders['Grace']['id']}/collect")
        key = {"Idempotency-Key": idempotency_key("Ada")}
        again = await staff.post("/orders", json=ADAS_ORDER, headers=key)
        topics = (await staff.get("/topics")).json()["topics"]
    assert collected.json()["state"] == "collected"
    assert (again.status_code, again.json()["id"]) == (200, orders["Ada"]["id"])
    subscribers = {topic["name"]: topic["subscribers"] for topic in topics}
    assert subscribers.get("coupons", 0) == (1 if version > 1 else 0)
