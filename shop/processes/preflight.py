"""Checks all settings and files before anything starts, so that an error in them is one line."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from notifier.settings import NotifierSettings
from producer.menu_file import load_menu
from producer.settings import CashierSettings
from shared.clock import utc_now
from shared.domain.menu import Menu
from shared.runtime.settings import StoreKind
from shared.runtime.startup import StartupError, read_settings
from shared.store.factory import open_store
from shared.web.staff_key import load_or_create_staff_key
from shop.settings import ShopSettings
from worker.settings import WorkerSettings

KINDS = (ShopSettings, CashierSettings, NotifierSettings, WorkerSettings)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that the supervisor itself needs.

    It takes the menu and the staff key from the cashier's, the mail folder from the notifier's.
    """

    shop: ShopSettings
    cashier: CashierSettings
    notifier: NotifierSettings
    worker: WorkerSettings


def read_all_settings() -> Settings:
    """Read the settings of all children too; raises one StartupError with all errors."""
    lines: dict[str, None] = {}
    for kind in KINDS:
        try:
            read_settings(kind)
        except StartupError as error:
            lines |= dict.fromkeys(error.lines)
    if lines:
        raise StartupError(*lines)
    return Settings(
        read_settings(ShopSettings),
        read_settings(CashierSettings),
        read_settings(NotifierSettings),
        read_settings(WorkerSettings),
    )


def check_files(cashier: CashierSettings) -> Menu:
    """Open the menu, the staff key and the embedded order store; raises StartupError.

    Key and store are created if they are missing.
    """
    try:
        menu = load_menu(cashier.menu)
        load_or_create_staff_key(cashier.staff_key, cashier.state_dir)
        asyncio.run(_check_store(cashier))
    except OSError as error:
        raise StartupError(str(error)) from error
    return menu


async def _check_store(settings: CashierSettings) -> None:
    if settings.store is StoreKind.SQLITE:
        async with open_store(settings, None, utc_now):
            pass
