"""The cashier's part of a web application: its routes, its checks, and what is behind them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from producer.build import CASHIER, build_cashier
from producer.menu_file import load_menu
from producer.operations import CASHIER_OPERATIONS
from producer.page import page_operations
from producer.problems import CASHIER_PROBLEMS
from producer.settings import CashierSettings
from shared.web.keys import BROKER_RESETS, OPERATIONS, PROBLEMS, READINESS


def setup(app: web.Application, settings: CashierSettings) -> None:
    """Add the cashier to `app`; raises MenuFileError when the menu cannot be used."""
    menu = load_menu(settings.menu)
    broker_reset = asyncio.Event()

    async def context(app: web.Application) -> AsyncIterator[None]:
        async with build_cashier(settings, menu, broker_reset) as app[CASHIER]:
            yield

    async def store_within_reach() -> None:
        await app[CASHIER].store.check()

    async def queue_within_reach() -> None:
        await app[CASHIER].backlog.sample()

    app[OPERATIONS].extend([*CASHIER_OPERATIONS, *page_operations()])
    app[PROBLEMS].update(CASHIER_PROBLEMS)
    app[READINESS].update({"order store": store_within_reach, "orders queue": queue_within_reach})
    app[BROKER_RESETS].append(broker_reset)
    app.cleanup_ctx.append(context)
