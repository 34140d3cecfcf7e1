"""On AWS no service needs a file: containers have a read-only root, and no volume."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx

from shared.runtime.settings import ServiceSettings, StoreKind
from shop.processes.probe import wait_until_healthy
from shop.processes.provision import provision_shop
from tests.support.cashier import ORDER
from tests.support.emulator import free_port
from tests.support.s3 import KEY_VARIABLES, KEYS
from tests.support.web import STAFF_KEY

SECONDS = 60


@contextlib.asynccontextmanager
async def running(module: str, port: int, environment: Mapping[str, str]) -> AsyncIterator[None]:
    ports = {"COFFEE_PORT": str(port), "COFFEE_WORKER_PORT": str(port)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module), env={**os.environ, **environment, **ports}
    )
    try:
        async with asyncio.timeout(SECONDS):
            await wait_until_healthy(f"http://127.0.0.1:{port}/readyz")
        yield
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(SECONDS):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_services_on_aws_start_and_make_an_order_where_their_folder_cannot_be_written(
    ministack_s3: str, tmp_path: Path
) -> None:
    """Below a file no folder can be made, not even by root."""
    (tmp_path / "root").touch()
    prefix = f"t{secrets.token_hex(4)}-"
    settings = ServiceSettings(
        aws_endpoint_url=ministack_s3,
        name_prefix=prefix,
        store=StoreKind.DYNAMODB,
        photos=f"s3://{prefix}photos",
    )
    await provision_shop(settings.model_copy(update=KEYS))
    environment = KEY_VARIABLES | {
        "COFFEE_AWS_ENDPOINT_URL": ministack_s3,
        "COFFEE_NAME_PREFIX": prefix,
        "COFFEE_STORE": "dynamodb",
        "COFFEE_PHOTOS": f"s3://{prefix}photos",
        "COFFEE_STATE_DIR": str(tmp_path / "root" / "var"),
        "COFFEE_STAFF_KEY": STAFF_KEY,
        "COFFEE_PUBLIC_URL": "http://127.0.0.1:8080",
        "COFFEE_SMTP_URL": "smtp://127.0.0.1:1",
        "COFFEE_MAIL_FROM": "shop@coffee.example",
        "COFFEE_BREW_SPEED": "0",
        "COFFEE_POLL_SECONDS": "1",
        "COFFEE_OPENING_PHOTOS": "off",
    }
    services = ("producer", "notifier", "worker", "worker.photos")
    ports = [free_port() for _ in services]
    async with contextlib.AsyncExitStack() as stack:
        for module, port in zip(services, ports, strict=True):
            await stack.enter_async_context(running(module, port, environment))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{ports[0]}") as client:
            placed = await client.post("/orders", json=ORDER)
            assert placed.status_code == 201
            async with asyncio.timeout(SECONDS):
                path = f"/orders/{placed.json()['id']}"
                while (await client.get(path)).json()["state"] != "ready":  # noqa: ASYNC110 - another process's work
                    await asyncio.sleep(0.05)
