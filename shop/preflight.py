"""Looks at all settings before anything is started, so that a mistake is one clear line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_settings import BaseSettings

from notifier.settings import NotifierSettings
from producer.menu_file import load_menu
from producer.settings import CashierSettings
from shared.runtime.mistakes import MistakeError, read_settings
from shared.web.staff_key import load_or_create_staff_key
from shop.settings import ShopSettings
from worker.settings import WorkerSettings

KINDS: Sequence[type[BaseSettings]] = (
    ShopSettings,
    CashierSettings,
    NotifierSettings,
    WorkerSettings,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the shop, and of its cashier, which knows the menu and the staff key."""

    shop: ShopSettings
    cashier: CashierSettings


def read_all_settings() -> Settings:
    """Read the settings of every child too; raises MistakeError with all their faults."""
    lines: dict[str, None] = {}
    for kind in KINDS:
        try:
            read_settings(kind)
        except MistakeError as mistake:
            lines |= dict.fromkeys(mistake.lines)
    if lines:
        raise MistakeError(*lines)
    return Settings(read_settings(ShopSettings), read_settings(CashierSettings))


def check_files(cashier: CashierSettings) -> None:
    """Read the menu and the staff key, which is made if need be; raises MistakeError."""
    try:
        load_menu(cashier.menu)
        load_or_create_staff_key(cashier.staff_key, cashier.state_dir)
    except OSError as error:
        raise MistakeError(str(error)) from error
