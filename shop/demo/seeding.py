"""Records a made-up day in the store of this machine's shop."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from producer.documents.hours import parse_hours
from producer.documents.settings import parse_settings
from producer.menu.file import load_menu
from producer.menu.service import open_menu
from producer.settings import CashierSettings
from shared.clock import utc_now
from shared.domain.hours import day_of
from shared.domain.order import Order
from shared.store.contract import Store
from shared.store.document_contract import DocumentKind
from shared.store.factory import open_store
from shop.demo.day import DemoDay, DemoShop


class HasOrdersError(Exception):
    """The shop has orders already."""


class AllSoldOutError(Exception):
    """There is nothing that could have been ordered."""


async def seed_day(
    settings: CashierSettings, orders: int, length: dt.timedelta, seed: int, *, force: bool
) -> Sequence[Order]:
    """Record a day that ends now, with the shop's own menu, hours and reasons; return its orders.

    The shop may be open: its cashier finds the orders that still wait, and queues them. Raises
    HasOrdersError unless `force` is given, AllSoldOutError, StartupError and StoreUnavailableError.
    """
    async with open_store(settings, None, utc_now) as store:
        if not force and (await store.page(None, 1, None)).orders:
            raise HasOrdersError
        shop = await _shop(settings, store)
        if not shop.on_sale:
            raise AllSoldOutError
        day = DemoDay(
            shop=shop,
            orders=orders,
            ends=utc_now(),
            length=length,
            seed=seed,
        )
        placed = [await store.place(order, day_of(order, day.shop.zone)) for order in day.draw()]
        return [one.order for one in placed]


async def _shop(settings: CashierSettings, store: Store) -> DemoShop:
    menu = await (await open_menu(store, load_menu(settings.menu), utc_now)).current()
    hours = await store.document(DocumentKind.HOURS)
    shop = await store.document(DocumentKind.SETTINGS)
    return DemoShop(
        store_id=settings.store_id,
        menu=menu.value,
        menu_version=menu.version,
        sold_out=(await store.status()).sold_out,
        hours=parse_hours(hours.body if hours else "{}").hours,
        zone=ZoneInfo(settings.timezone),
        cancel_reasons=parse_settings(shop.body if shop else "{}").cancel_reasons,
    )
