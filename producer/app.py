"""The cashier as a service: its operations, its readiness checks, and its lifespan."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from aiohttp import web

from producer.build import build_cashier
from producer.context import CASHIER
from producer.http import (
    dead_letters,
    menu,
    menu_document,
    order_moves,
    orders,
    photos,
    shop,
    shop_documents,
    sold_out,
)
from producer.http.forget_customer import forget_customer
from producer.http.kitchen import get_kitchen
from producer.http.pages.operations import PAGE_OPERATIONS
from producer.http.photo_files import get_photo_file
from producer.http.photo_list import list_photos
from producer.http.photo_uploads import upload_photo
from producer.http.place_order import place_order
from producer.http.problems import CASHIER_PROBLEMS
from producer.http.reports import get_day_report
from producer.http.shop_operations import get_operations
from producer.http.staff import STAFF_OPERATIONS
from producer.menu.file import load_menu
from producer.settings import CashierSettings
from shared.runtime.refusals import started
from shared.web.health import METRICS
from shared.web.operation import Operation
from shared.web.service import Service

CASHIER_OPERATIONS: Sequence[Operation] = (
    place_order,
    orders.get_order,
    order_moves.cancel_order,
    order_moves.complete_order,
    order_moves.release_order,
    order_moves.collect_order,
    order_moves.call_order,
    order_moves.remake_order,
    get_kitchen,
    orders.list_orders,
    orders.get_board,
    menu.get_menu,
    sold_out.set_menu_item,
    sold_out.set_modifier,
    photos.new_photo_form,
    photos.get_item_photo,
    photos.take_photo_off,
    photos.consent_to_photo,
    list_photos,
    upload_photo,
    get_photo_file,
    menu_document.get_menu_document,
    menu_document.put_menu_document,
    menu_document.list_menu_versions,
    menu_document.restore_menu,
    shop.get_shop,
    shop.set_shop,
    shop_documents.get_settings,
    shop_documents.put_settings,
    shop_documents.get_hours,
    shop_documents.put_hours,
    dead_letters.list_dead_letters,
    dead_letters.get_dead_letter,
    dead_letters.redrive_dead_letters,
    dead_letters.purge_dead_letters,
    forget_customer,
    get_day_report,
    get_operations,
    *STAFF_OPERATIONS,
    *PAGE_OPERATIONS,
)


def cashier_service(settings: CashierSettings) -> Service:
    """Describe the cashier; raises MenuFileError when the menu cannot be used."""
    file = load_menu(settings.menu)
    broker_reset, uploads_lost, closing = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def cashier(app: web.Application) -> AsyncIterator[None]:
        built = build_cashier(
            settings,
            file,
            app[METRICS],
            broker_reset=broker_reset,
            uploads_lost=uploads_lost,
            closing=closing,
        )
        async with started(built) as app[CASHIER]:
            yield

    return Service(
        operations=CASHIER_OPERATIONS,
        problems=CASHIER_PROBLEMS,
        staff_keys=lambda app: app[CASHIER].store.staff_keys(),
        readiness={
            "order store": lambda app: app[CASHIER].store.check(),
            "orders queue": lambda app: app[CASHIER].backlog.sample(),
        },
        lifespans=[cashier],
        broker_resets=[broker_reset, uploads_lost],
        closings=[closing],
    )
