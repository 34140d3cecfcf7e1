"""What the cashier's routes work with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from producer.dead_letters.redriver import DeadLetterRedriver
from producer.dead_letters.service import DeadLetterService
from producer.documents.document import Document
from producer.documents.settings import SettingsDocument
from producer.menu.service import MenuService
from producer.orders.admission import WaitEstimator
from producer.orders.backlog import Backlog
from producer.orders.cashier import Cashier
from producer.orders.forgetting import CustomerForgetter
from producer.orders.kitchen import Kitchen
from producer.orders.moves import OrderMoves
from producer.orders.opening_hours import OpeningHours
from producer.orders.remaker import Remaker
from producer.photos.files import PhotoFiles
from producer.photos.forms import FormOf
from producer.photos.service import PhotoService
from producer.photos.uploads import UploadReceiver
from producer.reports.aws_usage import AwsUsageHistory
from producer.reports.last_hour import LastHour
from producer.reports.reporter import DayReporter
from shared.clock import Clock
from shared.domain.order import Order
from shared.domain.shop import Hand
from shared.domain.webhook_url import WebhookUrlRules
from shared.runtime.ttl_cache import TtlCache
from shared.store.contract import Store
from shared.web.rate_limit import RateLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoContext:
    """What the routes of photos use; where there are no `uploads`, forms lead to S3.

    `url` stands before the addresses of photos, and `shop_url` is the shop's public one.
    """

    service: PhotoService
    files: PhotoFiles
    form: FormOf
    uploads: UploadReceiver | None
    url: str
    shop_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CashierContext:
    """What a route may use.

    Placing an order may take `order_seconds`; `backlog_limit` tickets may be unfinished.
    """

    cashier: Cashier
    moves: OrderMoves
    remaker: Remaker
    kitchen: Kitchen
    board: TtlCache[Sequence[Order]]
    menu: MenuService
    opening_hours: OpeningHours
    settings: Document[SettingsDocument]
    wait_estimator: WaitEstimator
    backlog: Backlog
    backlog_limit: int
    store: Store
    rate_limit: RateLimit
    webhook_urls: WebhookUrlRules
    order_seconds: float
    dead_letters: DeadLetterService
    redriver: DeadLetterRedriver
    forgetter: CustomerForgetter
    reporter: DayReporter
    last_hour: LastHour
    aws_usage: AwsUsageHistory
    photos: PhotoContext
    clock: Clock
    barista_hand: Hand


CASHIER: web.AppKey[CashierContext] = web.AppKey("CASHIER", CashierContext)
