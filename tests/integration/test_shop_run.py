"""`coffeeshop run` as a real process: it opens, mends itself, closes, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.waiting import eventually, gone

COMMAND = (sys.executable, "-c", "from shop.cli import main; main()", "run")
ORDER = {"customer_name": "Ada", "items": [{"item": "latte", "size": "large", "quantity": 1}]}


@dataclass
class OpenShop:
    process: asyncio.subprocess.Process
    url: str
    sign: list[str]

    def children(self) -> dict[str, psutil.Process]:
        """Each child by the module that it runs."""
        found = psutil.Process(self.process.pid).children()
        return {child.cmdline()[-1]: child for child in found if not gone(child.pid)}

    async def order(self) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.url, timeout=20) as http:
            return await http.post("/orders", json=ORDER)

    async def ready(self, placed: httpx.Response) -> None:
        async with httpx.AsyncClient(base_url=self.url, timeout=20) as http, asyncio.timeout(20):
            where = placed.headers["Location"]
            while (await http.get(where)).json()["state"] != "ready":  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def close(self, number: signal.Signals = signal.SIGINT) -> int:
        if self.process.returncode is None:
            self.process.send_signal(number)
        async with asyncio.timeout(20):
            return await self.process.wait()


async def start(state_dir: Path, **variables: str) -> asyncio.subprocess.Process:
    inherited = {name: value for name, value in os.environ.items() if "COFFEE" not in name}
    settings = {"COFFEE_PORT": "0", "COFFEE_STATE_DIR": str(state_dir), "COFFEE_BREW_SPEED": "0"}
    settings |= {"COFFEE_BARISTAS": "1", "COFFEE_POLL_SECONDS": "1"}
    settings |= {"COFFEE_VISIBILITY_TIMEOUT": "3"}
    return await asyncio.create_subprocess_exec(
        *COMMAND,
        env={**inherited, **settings, **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@contextlib.asynccontextmanager
async def open_shop(state_dir: Path, **variables: str) -> AsyncIterator[OpenShop]:
    process = await start(state_dir, **variables)
    assert process.stdout is not None
    assert process.stderr is not None
    log = asyncio.create_task(process.stderr.read())
    sign = []
    async with asyncio.timeout(30):
        async for line in process.stdout:
            sign.append(line.decode().rstrip())
            if sign[-1].startswith("Docs:"):
                break
        else:
            pytest.fail(f"the shop did not open: {(await log).decode()}")
    url = next(line for line in sign if "is open at" in line).removeprefix("The shop is open at ")
    shop = OpenShop(process, url, sign)
    children = shop.children().values()
    try:
        yield shop
    finally:
        with contextlib.suppress(ProcessLookupError):
            await shop.close()
        await eventually(lambda: all(gone(child.pid) for child in children))
        await log


async def refused(state_dir: Path, **variables: str) -> tuple[int | None, list[str]]:
    process = await start(state_dir, **variables)
    async with asyncio.timeout(20):
        _, err = await process.communicate()
    return process.returncode, err.decode().splitlines()


async def test_the_shop_takes_orders_as_soon_as_it_says_so_and_closes_when_asked(
    tmp_path: Path,
) -> None:
    async with open_shop(tmp_path) as shop:
        placed = await shop.order()
        assert placed.status_code == 201
        await shop.ready(placed)
        assert set(shop.children()) == {"shop.emulator", "shop.counter", "worker"}

        assert await shop.close() == 0

    assert f"Staff: {shop.url}/staff  (key in {tmp_path}/staff-key)" in shop.sign
    assert (tmp_path / "staff-key").read_text().strip() not in "".join(shop.sign)


async def test_whatever_is_killed_is_replaced_and_orders_go_on(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        for module in ("worker", "shop.counter", "shop.emulator"):
            victim = shop.children()[module]
            victim.kill()
            await eventually(lambda victim=victim: gone(victim.pid))  # type: ignore[misc]

            while (placed := await shop.order()).status_code == 503:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            await shop.ready(placed)
            assert shop.children()[module].pid != victim.pid

        assert await shop.close(signal.SIGTERM) == 0


async def test_a_killed_shop_winds_up_in_order_and_opens_again_with_its_orders(
    tmp_path: Path,
) -> None:
    async with open_shop(tmp_path) as shop:
        children = shop.children()
        children["worker"].suspend()
        placed = await shop.order()
        shop.process.kill()
        await eventually(lambda: gone(children["shop.counter"].pid))
        assert not gone(children["shop.emulator"].pid)

        children["worker"].resume()
        await eventually(lambda: all(gone(child.pid) for child in children.values()))

    async with open_shop(tmp_path) as again:
        await again.ready(placed)


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


async def test_every_fault_in_the_settings_is_one_line(tmp_path: Path) -> None:
    code, lines = await refused(
        tmp_path,
        COFFEE_PORT="eighty",
        COFFEE_BARISTAS="4..1",
        COFFEE_WORKER_CONCURRENCY="0",
        COFFEE_STAFF_KEY="short",
    )

    assert code == 2
    assert [line.split(":")[0] for line in lines] == [
        "COFFEE_PORT",
        "COFFEE_BARISTAS",
        "COFFEE_STAFF_KEY",
        "COFFEE_WORKER_CONCURRENCY",
    ]
    assert "short" not in lines[2].removeprefix("COFFEE_STAFF_KEY").split()


async def test_a_menu_that_is_none_is_refused_in_one_line(tmp_path: Path) -> None:
    code, lines = await refused(tmp_path, COFFEE_MENU=str(tmp_path / "none.yaml"))

    assert code == 2
    assert len(lines) == 1
    assert "none.yaml" in lines[0]


async def test_a_shop_that_is_told_to_close_while_it_opens_closes(tmp_path: Path) -> None:
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


async def test_a_second_interrupt_does_not_wait(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        shop.children()["worker"].suspend()
        shop.process.send_signal(signal.SIGINT)
        assert shop.process.stdout is not None
        await shop.process.stdout.readline()

        assert await shop.close() == 130


async def test_aws_that_is_out_of_reach_is_told_in_one_line(tmp_path: Path) -> None:
    code, lines = await refused(
        tmp_path, COFFEE_AWS_ENDPOINT_URL="http://127.0.0.1:9", COFFEE_LOG_LEVEL="ERROR"
    )

    assert code == 1
    assert len(lines) == 1
    assert "could not be provisioned at http://127.0.0.1:9" in lines[0]


async def test_baristas_without_an_emulator_of_their_own_use_the_one_that_is_named(
    tmp_path: Path, ministack: str
) -> None:
    async with open_shop(
        tmp_path, COFFEE_AWS_ENDPOINT_URL=ministack, COFFEE_NAME_PREFIX="hybrid-"
    ) as shop:
        await shop.ready(await shop.order())

        assert set(shop.children()) == {"shop.counter", "worker"}
