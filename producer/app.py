"""The cashier's part of a web application: its routes, its checks, and what is behind them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from producer.build import COUNTER, open_counter
from producer.menu_file import load_menu
from producer.operations import CASHIER_OPERATIONS
from producer.page import page_operations
from producer.problems import CASHIER_PROBLEMS
from producer.settings import CashierSettings
from shared.web.keys import HANGUPS, OPERATIONS, PROBLEMS, READINESS


def setup(app: web.Application, settings: CashierSettings) -> None:
    """Add the cashier to `app`; raises MenuFileError when the menu cannot be used."""
    menu = load_menu(settings.menu)
    hangup = asyncio.Event()

    async def counter(app: web.Application) -> AsyncIterator[None]:
        async with open_counter(settings, menu, hangup) as app[COUNTER]:
            yield

    async def store_within_reach() -> None:
        await app[COUNTER].store.check()

    async def queue_within_reach() -> None:
        await app[COUNTER].backlog.sample()

    app[OPERATIONS].extend([*CASHIER_OPERATIONS, *page_operations()])
    app[PROBLEMS].update(CASHIER_PROBLEMS)
    app[READINESS].update({"order store": store_within_reach, "orders queue": queue_within_reach})
    app[HANGUPS].append(hangup)
    app.cleanup_ctx.append(counter)
