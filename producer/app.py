"""The cashier as a service: its routes, its checks, and what is behind them."""

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
from shared.web.service import Service


def cashier_service(settings: CashierSettings) -> Service:
    """Describe the cashier; raises MenuFileError when the menu cannot be used."""
    menu = load_menu(settings.menu)
    broker_reset = asyncio.Event()

    async def cashier(app: web.Application) -> AsyncIterator[None]:
        async with build_cashier(settings, menu, broker_reset) as app[CASHIER]:
            yield

    return Service(
        operations=[*CASHIER_OPERATIONS, *page_operations()],
        problems=CASHIER_PROBLEMS,
        readiness={
            "order store": lambda app: app[CASHIER].store.check(),
            "orders queue": lambda app: app[CASHIER].backlog.sample(),
        },
        lifespans=[cashier],
        broker_resets=[broker_reset],
    )
