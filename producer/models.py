"""What the cashier's routes take and give, as the API's contract says."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from producer.fields import Id, Name, Note, mail_address, no_modifier_twice
from producer.orders.updates import Contact
from shared.clock import Timestamp
from shared.domain.menu import OrderLineRequest
from shared.domain.order import OrderState
from shared.domain.shop import ShopState
from shared.domain.subscription import Channel, SubscriptionState
from shared.web.fields import Body, PointInTime

EXAMPLE_ORDER: JsonDict = {
    "customer_name": "Ada",
    "items": [
        {
            "item": "latte",
            "size": "large",
            "modifiers": ["oat-milk"],
            "quantity": 2,
            "note": "hot",
        }
    ],
}


class LineRequest(Body):
    """One line of an order to place."""

    item: Id
    size: Id
    modifiers: Annotated[
        list[Id],
        Field(max_length=20, json_schema_extra={"uniqueItems": True}),
        AfterValidator(no_modifier_twice),
    ] = Field(default=[])
    quantity: Annotated[int, Field(ge=1, le=20)]
    note: Note | None = None

    def requested(self) -> OrderLineRequest:
        """Say it in the words of the menu."""
        return OrderLineRequest(
            self.item, self.size, tuple(self.modifiers), self.quantity, self.note
        )


class NotifyWebhook(Body):
    """The order's events are posted to a URL, signed."""

    channel: Literal["webhook"]
    url: Annotated[str, Field(max_length=2048)]

    @property
    def contact(self) -> Contact:
        """Say it in the words of the shop."""
        return Contact(Channel.WEBHOOK, self.url)


class NotifyEmail(Body):
    """The order's events are mailed to an address, once its owner has confirmed that."""

    channel: Literal["email"]
    address: Annotated[str, AfterValidator(mail_address)]

    @property
    def contact(self) -> Contact:
        """Say it in the words of the shop."""
        return Contact(Channel.EMAIL, self.address)


class PlaceOrder(Body):
    """An order to place."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_ORDER]})

    customer_name: Name
    items: Annotated[list[LineRequest], Field(min_length=1, max_length=20)]
    notify: Annotated[NotifyWebhook | NotifyEmail, Field(discriminator="channel")] | None = Field(
        default=None, exclude_if=lambda notify: notify is None
    )

    def fingerprint(self) -> str:
        """Tell this order from every other, however its JSON was written."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class SetShop(Body):
    """The state that the shop is to be in, and why, and until when."""

    state: ShopState
    reason: Note | None = None
    until: PointInTime | None = None


class SetMenuItem(Body):
    """Whether an item is sold out."""

    sold_out: bool


class ListOrders(Body):
    """Which orders to list."""

    model_config = ConfigDict(strict=False, extra="ignore")

    state: OrderState | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[str, Field(max_length=500)] | None = None


class EstimateModel(BaseModel):
    """How many seconds it will take, most likely between these two."""

    low_seconds: int
    high_seconds: int


class LineModel(BaseModel):
    """One line of an order, at the price it was ordered for (minor units)."""

    id: str
    item: str
    name: str
    size: str
    modifiers: list[str]
    quantity: int
    note: str | None
    unit_price: int
    total: int


class TimelineModel(BaseModel):
    """A state that the order reached, and when."""

    state: OrderState
    at: Timestamp


class OrderModel(BaseModel):
    """An order. Prices are in minor units of `currency`; `estimate` ends when it is ready."""

    model_config = ConfigDict(title="Order")

    id: str
    number: str
    store_id: str
    state: OrderState
    version: int
    customer_name: str
    items: list[LineModel]
    currency: str
    total: int
    placed_at: Timestamp
    preparing_at: Timestamp | None
    ready_at: Timestamp | None
    collected_at: Timestamp | None
    canceled_at: Timestamp | None
    timeline: list[TimelineModel]
    estimate: EstimateModel | None


class UpdatesModel(BaseModel):
    """The subscription to the order's events; its keys are shown until somebody confirms it."""

    subscription_id: str
    channel: Channel
    state: SubscriptionState
    manage_token: str | None
    secret: str | None


class PlacedOrderModel(OrderModel):
    """An order that was placed, and how its customer hears of it, if that was asked for."""

    notify: UpdatesModel | None = Field(default=None, exclude_if=lambda notify: notify is None)


class OrderPage(BaseModel):
    """Some orders, newest first; `next_cursor` asks for the next ones."""

    orders: list[OrderModel]
    next_cursor: str | None


class WaitModel(BaseModel):
    """How long an order placed now would wait, most likely between these two, in seconds."""

    low: int
    high: int


class ShopModel(BaseModel):
    """The shop as everybody may see it."""

    state: ShopState
    reason: str | None
    until: Timestamp | None
    backlog: int
    wait_seconds: WaitModel
    baristas: int


class BoardEntry(BaseModel):
    """An order number on the counter's display, and since when it is there."""

    number: str
    since: Timestamp


class BoardModel(BaseModel):
    """What the counter's display may show."""

    preparing: list[BoardEntry]
    ready: list[BoardEntry]


class ChoiceModel(BaseModel):
    """A size or modifier, and its price in minor units."""

    id: str
    name: str
    price: int


class MenuItemModel(BaseModel):
    """Something to order."""

    id: str
    name: str
    description: str
    category: str
    prep_seconds: int
    sold_out: bool
    sizes: list[ChoiceModel]
    modifiers: list[ChoiceModel]


class MenuModel(BaseModel):
    """All that the shop sells."""

    model_config = ConfigDict(title="Menu")

    currency: str
    items: list[MenuItemModel]
