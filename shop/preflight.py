"""Looks at all settings before anything is started, so that a mistake is one clear line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from notifier.settings import NotifierSettings
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from producer.menu_file import MenuFileError, load_menu
from producer.settings import CashierSettings
from shared.web.staff_key import UnusableStaffKeyError, load_or_create_staff_key
from shop.settings import ShopSettings, faults
from worker.settings import WorkerSettings


class UnfitError(Exception):
    """The shop cannot be opened like this; `lines` say why, one line for each fault."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the shop, and of its cashier, which knows the menu and the staff key."""

    shop: ShopSettings
    cashier: CashierSettings


def read_settings() -> Settings:
    """Read the settings of every child too; raises UnfitError with all their faults."""
    lines: dict[str, None] = {}
    kinds: list[Callable[[], BaseSettings]] = [
        ShopSettings,
        CashierSettings,
        NotifierSettings,
        WorkerSettings,
    ]
    for kind in kinds:
        try:
            kind()
        except (ValidationError, SettingsError) as error:
            lines |= dict.fromkeys(faults(error))
    if lines:
        raise UnfitError([*lines])
    return Settings(ShopSettings(), CashierSettings())


def check_files(cashier: CashierSettings) -> None:
    """Read the menu and the staff key, which is made if need be; raises UnfitError."""
    try:
        load_menu(cashier.menu)
        load_or_create_staff_key(cashier.staff_key, cashier.state_dir)
    except (MenuFileError, UnusableStaffKeyError, OSError) as error:
        raise UnfitError([str(error)]) from error
