"""Checks all settings and files before anything starts, so that an error in them is one line."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from notifier.settings import NotifierSettings
from producer.menu.document import MenuDocument, parse_menu
from producer.menu.file import load_menu
from producer.settings import CashierSettings
from shared.clock import utc_now
from shared.domain.menu import Menu
from shared.runtime.settings import StoreKind
from shared.runtime.startup import StartupError, read_settings
from shared.store.document_contract import DocumentKind
from shared.store.factory import open_store
from shared.web.staff_key import load_old_staff_key, load_or_create_staff_key
from shop.processes.resources import is_free
from shop.scaling.target import MOST_BARISTAS
from shop.settings import ShopSettings
from worker.photos.settings import PhotoWorkerSettings
from worker.settings import WorkerSettings

KINDS = (ShopSettings, CashierSettings, NotifierSettings, WorkerSettings, PhotoWorkerSettings)
OF_PARENTS = frozenset({"lifeline_fd", "listen_fd", "state_is_made", "watchdog_fd"})
"""Settings that a parent process makes for its children; people have no use for them."""

MOST_PORT = 65535


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


def check_worker_ports(settings: Settings) -> None:
    """Check that each barista can have its port; raises StartupError that names a taken one.

    More baristas than `COFFEE_BARISTAS` allows now may be wanted later, up to 64.
    """
    first, most = settings.worker.worker_port, settings.shop.baristas.most
    if not first:
        return
    if first + MOST_BARISTAS - 1 > MOST_PORT:
        raise StartupError(
            f"COFFEE_WORKER_PORT: should be {MOST_PORT - MOST_BARISTAS + 1} at most, since each "
            "barista has a port of its own: the first has this one, the others the next ones"
        )
    for port in range(first, first + most):
        if port == settings.shop.port or not is_free(settings.shop.host, port):
            raise StartupError(
                f"COFFEE_WORKER_PORT: port {port} is in use, and the baristas need "
                f"{first} to {first + most - 1}, one each"
            )


def check_photos(shop: ShopSettings) -> None:
    """Check that a bucket of photos is not wanted of the embedded emulator, which has no S3."""
    if shop.photos is not None and shop.embeds_emulator:
        raise StartupError(
            f"COFFEE_PHOTOS: {shop.photos} needs S3, which the shop's own emulator has not; set "
            "COFFEE_AWS_ENDPOINT_URL or COFFEE_EMULATOR=off, or leave it out: photos are then in "
            f"{shop.photos_dir}/"
        )


def check_files(cashier: CashierSettings) -> Menu:
    """Open the menu, the staff key and the embedded order store; raises StartupError.

    Key and store are created if they are missing, whatever the environment says: nobody has made
    them yet. The menu is the store's, else the file's.
    """
    cashier = cashier.model_copy(update={"state_is_made": False})
    try:
        file = load_menu(cashier.menu)
        key = load_or_create_staff_key(cashier.staff_key, cashier.state_dir)
        load_old_staff_key(cashier.staff_key_old, cashier.state_dir, key)
        recorded = asyncio.run(_recorded_menu(cashier))
    except OSError as error:
        raise StartupError(str(error)) from error
    return (recorded or file).menu


async def _recorded_menu(settings: CashierSettings) -> MenuDocument | None:
    """Open the embedded store, and read its menu; None on the first start, and on AWS."""
    if settings.store is not StoreKind.SQLITE:
        return None
    async with open_store(settings, None, utc_now) as store:
        newest = await store.document(DocumentKind.MENU)
    return None if newest is None else parse_menu(newest.body)
