"""Each container is killed in turn, the emulator's too: no acknowledged order is lost."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from functools import partial

import aiohttp
import pytest

from shared.messages.announcement import CloudEvent
from shared.runtime.lifecycle import background_task
from tests.support.containers import ContainerShop, orders_keep_coming, orders_of, run, until
from tests.support.follower import Follower

pytestmark = pytest.mark.timeout(600)

ORDERS = 300
SERVICES = ("ministack", "nginx", "producer", "notifier", "worker", "photos")
BACK_WITHIN = 60
READY_WITHIN = 120
"""A killed barista's claims hold for 10 s, and lost tickets are missed once the queue is empty."""


async def test_no_acknowledged_order_is_lost_when_each_container_is_killed_in_turn(
    shop: ContainerShop,
) -> None:
    await shop.scale(worker=2, producer=2)
    planned = orders_of("espresso", "single", 5 * ORDERS, rate=5)
    async with (
        shop.customers() as customers,
        aiohttp.ClientSession(shop.url) as http,
        background_task((follower := Follower(http)).follow(), "follower"),
    ):
        ledger = customers.ledger

        async def enough_came() -> bool:
            return len(ledger.acknowledged) >= ORDERS

        async with orders_keep_coming(customers, planned):
            for service in SERVICES:
                for container in await shop.containers(service):
                    await _killed_and_opened_again(shop, service, container)
            await until(enough_came, 120)
        orders = await shop.ready(ledger.acknowledged, seconds=READY_WITHIN)
    for order in orders:
        assert [step["state"] for step in order["timeline"]].count("ready") == 1
    names = {attempt.customer_name for attempt in ledger.attempts}
    assert sorted(await shop.recorded(names)) == sorted(names)
    assert _ids_of_ready(follower.received) == {1}


async def _killed_and_opened_again(shop: ContainerShop, service: str, container: str) -> None:
    """`docker kill` counts as a stop, so Docker does not restart the container: `up` does."""
    count = len(await shop.containers(service))
    await run("docker", "kill", container)
    assert await _state(container, ".State.Running") == "false"
    scale = f"--scale={service}={count}"
    await shop.compose("up", "-d", "--no-deps", "--no-recreate", scale, service)
    await _serves(shop)


def _ids_of_ready(events: Sequence[CloudEvent]) -> set[int]:
    """How many event ids the changes to `ready` have, for each order."""
    ids = defaultdict[str, set[str]](set)
    for event in events:
        if event.data.get("state") == "ready":
            ids[event.data["order_id"]].add(event.id)
    return {len(each) for each in ids.values()}


@pytest.mark.parametrize("service", SERVICES)
async def test_a_container_whose_process_dies_is_restarted_and_serves_again(
    shop: ContainerShop, service: str
) -> None:
    (container, *_) = await shop.containers(service)
    before = await _state(container, ".RestartCount")
    await shop.crash(container)

    async def restarted() -> bool:
        return await _state(container, ".RestartCount") > before

    await until(restarted, BACK_WITHIN)
    await _serves(shop)
    async with shop.customers() as customers:
        async with asyncio.timeout(BACK_WITHIN):
            (planned,) = orders_of("espresso", "single", 1, rate=1)
            order = await customers.place(planned)
        await shop.ready([order["id"]], seconds=READY_WITHIN)


async def test_each_container_has_its_limits(shop: ContainerShop) -> None:
    for service in SERVICES:
        (container, *_) = await shop.containers(service)
        (found,) = json.loads(await run("docker", "inspect", container))
        limits = found["HostConfig"]
        assert 0 < limits["Memory"] <= 2**30
        assert 0 < limits["PidsLimit"] <= 256
        assert [limit["Name"] for limit in limits["Ulimits"]] == ["nofile"]


async def _state(container: str, field: str) -> str:
    return (await run("docker", "inspect", "--format", f"{{{{{field}}}}}", container)).strip()


async def _serves(shop: ContainerShop) -> None:
    async with asyncio.TaskGroup() as group:
        for path in ("/shop", "/topics"):
            group.create_task(until(partial(_answers, shop, path), BACK_WITHIN))


async def _answers(shop: ContainerShop, path: str) -> bool:
    try:
        async with aiohttp.ClientSession(shop.url) as http, http.get(path) as response:
            return response.ok
    except aiohttp.ClientError:
        return False
