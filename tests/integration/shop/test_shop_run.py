"""`coffeeshop run` as a real process: what it refuses, and how it ends when it may not end well."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Awaitable
from pathlib import Path

import httpx
import psutil
import pytest

from shared.aws.clients import aws_clients
from tests.support.emulator import free_port
from tests.support.pipes import full_pipe
from tests.support.s3 import KEY_VARIABLES, s3_settings
from tests.support.shop import COFFEESHOP, ORDER, RunningShop, open_shop, reaches
from tests.support.waiting import eventually, gone, until

pytestmark = pytest.mark.timeout(120)


async def start(
    state_dir: Path, output: int = asyncio.subprocess.PIPE, /, **variables: str
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        COFFEESHOP,
        "run",
        env={
            **os.environ,
            "COFFEE_PORT": "0",
            "COFFEE_STATE_DIR": str(state_dir),
            "COFFEE_POLL_SECONDS": "1",
            **variables,
        },
        stdout=output,
        stderr=output,
    )


async def refused(state_dir: Path, **variables: str) -> tuple[int | None, list[str]]:
    process = await start(state_dir, **variables)
    async with asyncio.timeout(20):
        _, err = await process.communicate()
    return process.returncode, err.decode().splitlines()


def child(shop: RunningShop, module: str) -> psutil.Process:
    (found,) = shop.children(module)
    return found


async def test_a_shop_that_stops_does_not_wait_for_its_long_polls(tmp_path: Path) -> None:
    async with open_shop(tmp_path, COFFEE_POLL_SECONDS="5") as shop:
        async with httpx.AsyncClient(base_url=shop.url) as client:
            placed = (await client.post("/orders", json=ORDER)).json()["id"]
            await reaches(client, placed, "ready")
        began = time.monotonic()
        assert await shop.close() == 0
        assert time.monotonic() - began < 4


async def test_a_visibility_timeout_that_is_shorter_than_a_poll_has_its_baristas(
    tmp_path: Path,
) -> None:
    shortly = open_shop(
        tmp_path, COFFEE_VISIBILITY_TIMEOUT="4", COFFEE_POLL_SECONDS="", COFFEE_BREW_SPEED="0"
    )
    async with shortly as shop, httpx.AsyncClient(base_url=shop.url) as client:
        placed = (await client.post("/orders", json=ORDER)).json()["id"]
        await reaches(client, placed, "ready")


async def test_a_killed_shop_winds_up_in_order_and_opens_again_with_its_orders(
    tmp_path: Path,
) -> None:
    async with open_shop(tmp_path, COFFEE_BREW_SPEED="0") as shop:
        children = psutil.Process(shop.process.pid).children(recursive=True)
        barista, counter = child(shop, "worker"), child(shop, "shop.processes.counter")
        emulator = child(shop, "shop.processes.emulator")
        barista.suspend()
        async with httpx.AsyncClient(base_url=shop.url) as client:
            placed = (await client.post("/orders", json=ORDER)).json()["id"]
        shop.process.kill()
        await shop.process.wait()
        await eventually(lambda: gone(counter.pid))
        assert not gone(emulator.pid)

        barista.resume()
        await eventually(lambda: all(gone(process.pid) for process in children))

    async with (
        open_shop(tmp_path, COFFEE_BREW_SPEED="0") as again,
        httpx.AsyncClient(base_url=again.url) as client,
    ):
        await reaches(client, placed, "ready")


async def test_a_folder_that_cannot_be_used_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    code, lines = await refused(tmp_path / "file" / "var")

    assert code == 2
    assert len(lines) == 1
    assert lines[0].startswith(f"The folder {tmp_path}/file/var/ cannot be written")


async def test_a_port_in_use_is_refused_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, lines = await refused(tmp_path, COFFEE_PORT=str(port))

    assert code == 2
    assert lines == [
        f"Port {port} is in use. COFFEE_PORT names another: COFFEE_PORT={port + 1}",
    ]


async def test_every_error_in_the_settings_is_one_line(tmp_path: Path) -> None:
    code, lines = await refused(
        tmp_path,
        COFFEE_PORT="eighty",
        COFFEE_BARISTAS="4..1",
        COFFEE_WORKER_CONCURRENCY="0",
        COFFEE_SMTP_URL="ftp://ada:short@mail.example",
    )

    assert code == 2
    assert [line.split(":")[0] for line in lines] == [
        "COFFEE_PORT",
        "COFFEE_BARISTAS",
        "COFFEE_SMTP_URL",
        "COFFEE_WORKER_CONCURRENCY",
    ]
    assert "short" not in lines[2]


async def test_a_missing_menu_is_refused_in_one_line(tmp_path: Path) -> None:
    code, lines = await refused(tmp_path, COFFEE_MENU=str(tmp_path / "none.yaml"))

    assert code == 2
    assert len(lines) == 1
    assert "none.yaml" in lines[0]


async def test_a_bucket_of_photos_is_refused_with_the_embedded_emulator_in_one_line(
    tmp_path: Path,
) -> None:
    code, lines = await refused(tmp_path / "var", COFFEE_PHOTOS="s3://coffee-photos")

    assert code == 2
    assert len(lines) == 1
    assert lines[0].startswith("COFFEE_PHOTOS: s3://coffee-photos needs S3")
    assert "COFFEE_EMULATOR=off" in lines[0]


async def test_a_bucket_that_is_not_the_shops_is_left_alone_and_told_in_one_line(
    tmp_path: Path, ministack_s3: str
) -> None:
    settings = s3_settings(ministack_s3, "of-somebody-else")
    async with aws_clients(settings) as clients:
        assert clients.s3 is not None
        await clients.s3.create_bucket(Bucket="of-somebody-else")

    code, lines = await refused(
        tmp_path,
        COFFEE_AWS_ENDPOINT_URL=ministack_s3,
        COFFEE_PHOTOS="s3://of-somebody-else",
        COFFEE_NAME_PREFIX="of-somebody-else-",
        COFFEE_LOG_LEVEL="ERROR",
        **KEY_VARIABLES,
    )

    assert code == 1
    assert len(lines) == 1
    assert "There is a bucket 'of-somebody-else' already" in lines[0]


async def test_a_shop_that_is_interrupted_while_it_opens_closes(tmp_path: Path) -> None:
    process = await start(tmp_path)
    assert process.stdout is not None
    await process.stdout.readline()
    children = psutil.Process(process.pid).children()

    process.send_signal(signal.SIGINT)

    async with asyncio.timeout(20):
        out, _ = await process.communicate()
    assert process.returncode == 0
    assert b"The shop is open" not in out
    assert all(gone(child.pid) for child in children)


async def test_aws_that_is_out_of_reach_is_reported_in_one_line(tmp_path: Path) -> None:
    code, lines = await refused(
        tmp_path, COFFEE_AWS_ENDPOINT_URL="http://127.0.0.1:9", COFFEE_LOG_LEVEL="ERROR"
    )

    assert code == 1
    assert len(lines) == 1
    assert "could not be provisioned at http://127.0.0.1:9" in lines[0]


async def test_a_second_interrupt_does_not_wait(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        child(shop, "worker").suspend()
        shop.process.send_signal(signal.SIGINT)
        assert shop.process.stdout is not None
        async for line in shop.process.stdout:
            if line.startswith(b"Closing"):
                break
        shop.process.send_signal(signal.SIGINT)

        async with asyncio.timeout(10):
            assert await shop.process.wait() == 130


async def test_a_shop_whose_output_nobody_reads_is_open_replaces_a_barista_and_closes(
    tmp_path: Path,
) -> None:
    port = free_port()
    with full_pipe() as (_, output):
        variables = {
            "COFFEE_PORT": str(port),
            "COFFEE_BREW_SPEED": "0",
            "COFFEE_BARISTAS": "1",
            "COFFEE_VISIBILITY_TIMEOUT": "3",
        }
        process = await start(tmp_path, output, **variables)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

            async def ready() -> bool:
                with contextlib.suppress(httpx.TransportError):
                    return (await client.get("/readyz")).is_success
                return False

            async def baristas() -> int:
                return int((await client.get("/shop")).json()["baristas"])

            await until(ready, 30)
            await until(lambda: is_one(baristas()), 30)
            for _ in range(2):
                placed = (await client.post("/orders", json=ORDER)).json()["id"]
                await reaches(client, placed, "ready")
                (worker,) = [
                    each
                    for each in psutil.Process(process.pid).children()
                    if each.cmdline()[-1] == "worker"
                ]
                worker.kill()
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            assert await process.wait() == 0


async def is_one(number: Awaitable[int]) -> bool:
    return await number == 1


async def test_baristas_without_an_emulator_of_their_own_use_the_one_that_is_named(
    tmp_path: Path, ministack: str
) -> None:
    async with (
        open_shop(
            tmp_path,
            COFFEE_AWS_ENDPOINT_URL=ministack,
            COFFEE_NAME_PREFIX="hybrid-",
            COFFEE_BREW_SPEED="0",
        ) as shop,
        httpx.AsyncClient(base_url=shop.url) as client,
    ):
        placed = (await client.post("/orders", json=ORDER)).json()["id"]
        await reaches(client, placed, "ready")

        assert not shop.children("shop.processes.emulator")
