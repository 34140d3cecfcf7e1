"""A whole shop in one process and on one event loop; all reach AWS through proxies."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from producer.settings import CashierSettings
from shared.runtime.settings import StoreKind
from shop.processes.provision import provision_shop
from tests.support import cashier, notifier
from tests.support.faults.proxy import Witness, open_proxy
from tests.support.faults.rules import Faults
from worker.app import work
from worker.settings import WorkerSettings

CONCURRENCY = 100
"""How many orders the worker makes at once."""


@contextlib.asynccontextmanager
async def open_shop(
    settings: CashierSettings, notifiers: int, witness: Witness
) -> AsyncIterator[cashier.ServedCashier]:
    """Open a shop of a cashier, a worker and some notifiers."""
    await provision_shop(settings)
    shared: dict[str, Any] = {
        "name_prefix": settings.name_prefix,
        "state_dir": settings.state_dir,
        "store": settings.store,
    }
    async with contextlib.AsyncExitStack() as stack:

        async def through(who: str) -> str:
            emulator = str(settings.aws_endpoint_url)
            proxy = open_proxy(who, emulator, Faults(0), witness)
            return (await stack.enter_async_context(proxy)).url

        for number in range(notifiers):
            opened = notifier.serving(
                notifier.settings_for(
                    await through("notifier"), notifier_instance=f"n{number}", **shared
                )
            )
            await stack.enter_async_context(opened)
        await stack.enter_async_context(_working(await through("worker"), shared))
        yield await stack.enter_async_context(
            cashier.open_cashier(settings, through=await through("producer"))
        )


def settings_of(emulator: str, folder: Path) -> CashierSettings:
    """Settings of a shop that nobody else has."""
    return cashier.settings_for(
        emulator, folder, store=StoreKind.DYNAMODB, brew_speed=0, order_seconds=60
    )


@contextlib.asynccontextmanager
async def _working(endpoint: str, shared: dict[str, Any]) -> AsyncIterator[None]:
    settings = WorkerSettings(
        aws_endpoint_url=endpoint,
        worker_concurrency=CONCURRENCY,
        brew_speed=0,
        grace_seconds=1,
        **shared,
    )
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(work(settings, stop))
        yield
        stop.set()
