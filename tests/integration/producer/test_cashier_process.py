"""The cashier as a process: started by its settings alone, and stopped by a signal."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from tests.support.cashier import ORDER, new_key, provisioned_shop, settings_for
from tests.support.cashier_process import process_of
from tests.support.emulator import free_port
from tests.support.web import AS_STAFF, connected, said_to

SECONDS = 20
"""How long a process may take to start or to stop."""


async def said(process: asyncio.subprocess.Process, pattern: str) -> re.Match[str]:
    """Read what the process logs until it says this; raises TimeoutError when it does not."""
    assert process.stderr is not None
    async with asyncio.timeout(SECONDS):
        async for line in process.stderr:
            if found := re.search(pattern, line.decode()):
                return found
    raise AssertionError(f"the process ended and never said {pattern!r}")


async def stopped_by_sigterm(process: asyncio.subprocess.Process) -> int:
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(SECONDS):
        await process.communicate()
    assert process.returncode is not None
    return process.returncode


async def test_what_a_cashier_took_the_next_one_knows(ministack: str, tmp_path: Path) -> None:
    settings = settings_for(ministack, tmp_path)
    key = {"Idempotency-Key": new_key()}
    placed_orders: list[tuple[int, str, str]] = []
    async with provisioned_shop(settings):
        for _ in range(2):
            async with process_of(settings) as process, aiohttp.ClientSession() as http:
                url = (await said(process, r"http://127\.0\.0\.1:\d+"))[0]
                async with http.post(f"{url}/orders", json=ORDER, headers=key) as placed:
                    order = await placed.json()
                    placed_orders.append((placed.status, order["number"], order["id"]))
                async with http.get(f"{url}/orders", headers=AS_STAFF) as listed:
                    assert len((await listed.json())["orders"]) == 1
                assert await stopped_by_sigterm(process) == 0
    first, second = placed_orders
    assert (first[0], second[0]) == (201, 200)
    assert first[1:] == second[1:]


async def test_a_cashier_killed_after_its_answer_loses_no_order(
    ministack: str, tmp_path: Path
) -> None:
    settings = settings_for(ministack, tmp_path)
    key = {"Idempotency-Key": new_key()}
    async with provisioned_shop(settings):
        async with process_of(settings) as process, aiohttp.ClientSession() as http:
            url = (await said(process, r"http://127\.0\.0\.1:\d+"))[0]
            async with http.post(f"{url}/orders", json=ORDER, headers=key) as placed:
                order = await placed.json()
            process.kill()
        async with process_of(settings) as process, aiohttp.ClientSession() as http:
            url = (await said(process, r"http://127\.0\.0\.1:\d+"))[0]
            async with http.get(f"{url}/orders/{order['id']}") as found:
                assert (await found.json())["items"] == order["items"]


async def test_after_sighup_a_cashier_republishes_the_last_minute(
    ministack: str, tmp_path: Path
) -> None:
    settings = settings_for(ministack, tmp_path)
    async with (
        provisioned_shop(settings),
        process_of(settings, COFFEE_RECONCILE_SECONDS="1") as process,
        aiohttp.ClientSession() as http,
    ):
        url = (await said(process, r"http://127\.0\.0\.1:\d+"))[0]
        async with http.post(f"{url}/orders", json=ORDER) as placed:
            assert placed.status == 201
        process.send_signal(signal.SIGHUP)
        await said(process, "broker.reset")
        repeated = await said(process, r'"changes": (\d+).*announcements.republished')
        assert repeated[1] == "1"
        assert await stopped_by_sigterm(process) == 0


async def test_a_cashier_that_waits_for_its_queue_stops_on_sigterm(tmp_path: Path) -> None:
    nowhere = settings_for(f"http://127.0.0.1:{free_port()}", tmp_path)
    async with process_of(nowhere) as process:
        await said(process, "not_there_yet")
        assert await stopped_by_sigterm(process) == 0


async def test_a_cashier_behind_an_alb_loses_no_request_to_a_deploy(
    ministack: str, tmp_path: Path
) -> None:
    """The ALB checks tasks by their address, keeps connections, and learns late that one stops."""
    settings = settings_for(ministack, tmp_path)
    behind_alb = {
        "COFFEE_PUBLIC_URL": "https://coffee.example",
        "COFFEE_TRUSTED_PROXIES": "127.0.0.0/8",
        "COFFEE_REQUESTS_PER_SECOND": "1",
        "COFFEE_KEEP_ALIVE_SECONDS": "1",
        "COFFEE_DEREGISTRATION_SECONDS": "2",
    }
    async with provisioned_shop(settings), process_of(settings, **behind_alb) as process:
        url = URL((await said(process, r"http://127\.0\.0\.1:\d+"))[0])
        async with connected(url) as (reader, writer):
            writer.write(_request("GET /healthz", host="10.0.3.7:8080"))
            assert b"200 OK" in await reader.readline()
            answered_at = time.monotonic()
            async with asyncio.timeout(SECONDS):
                assert b"connection: close" not in (await reader.read()).lower()
            assert time.monotonic() - answered_at > 0.9
        greedy = [await _menu(url, f"198.51.100.{n}, 203.0.113.9") for n in range(8)]
        assert {answer.split(" ")[1] for answer in greedy} == {"200", "429"}
        assert " 200 " in await _menu(url, "203.0.113.9, 198.51.100.1")

        async with connected(url) as (kept, asking), aiohttp.ClientSession(url) as http:
            asking.write(_request("GET /healthz"))
            assert b"200 OK" in await kept.readline()
            process.send_signal(signal.SIGTERM)
            async with http.post("/orders", json=ORDER) as placed:
                assert (placed.status, placed.headers["Connection"]) == (201, "close")
            asking.write(_request("GET /healthz"))
            async with asyncio.timeout(SECONDS):
                answered = (await kept.read()).decode().rpartition("HTTP/1.1")[2]
            assert (" 200 OK" in answered, "Connection: close" in answered) == (True, True)
            async with asyncio.timeout(SECONDS):
                await process.communicate()
            assert process.returncode == 0
            with pytest.raises(aiohttp.ClientConnectorError):
                await http.get("/healthz")


def _request(line: str, host: str = "coffee.example", more: str = "") -> bytes:
    return f"{line} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode()


async def _menu(url: URL, forwarded_for: str) -> str:
    more = f"X-Forwarded-For: {forwarded_for}\r\nConnection: close\r\n"
    return await said_to(url, _request("GET /menu", more=more))


@pytest.mark.parametrize(
    ("settings", "messages"),
    [
        ({"COFFEE_MENU": "{}/no-menu.yaml"}, {"no-menu.yaml: No such file"}),
        ({"COFFEE_MENU": "{}"}, {"Is a directory"}),
        (
            {
                "COFFEE_PORT": "coffee",
                "COFFEE_ORDERS_PER_MINUTE": "-1",
                "COFFEE_TIMEZONE": "Mars/Olympus",
            },
            {
                "COFFEE_PORT",
                "COFFEE_ORDERS_PER_MINUTE",
                "no time zone is called 'Mars/Olympus'",
            },
        ),
    ],
    ids=["no menu", "a folder for a menu", "no port, a negative rate and no time zone"],
)
async def test_invalid_settings_are_named_and_the_cashier_does_not_start(
    tmp_path: Path, settings: dict[str, str], messages: set[str]
) -> None:
    nowhere = settings_for(f"http://127.0.0.1:{free_port()}", tmp_path)
    more = {name: value.format(tmp_path) for name, value in settings.items()}
    async with process_of(nowhere, **more) as process, asyncio.timeout(SECONDS):
        _, errors = await process.communicate()
    assert process.returncode not in {0, None}
    assert all(part in errors.decode() for part in messages)
    assert "Traceback" not in errors.decode()
