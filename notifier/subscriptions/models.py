"""What the routes of subscriptions take and give."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel

from notifier.subscriptions.event_types import event_type
from shared.clock import Timestamp
from shared.domain.delivery import DeliveryState
from shared.domain.subscription import Channel, SubscriptionState
from shared.web.fields import Body, PrintableText

MOST_ORDERS = 10
_Text = Annotated[PrintableText, Field(min_length=1, max_length=200)]


class FilterModel(Body):
    """Which events are wanted: of some types, of some orders; left out, it is all.

    A type is given in full (`coffeeshop.order.ready.v1`), or short (`ready`).
    """

    type: Annotated[list[Annotated[_Text, AfterValidator(event_type)]], Field(max_length=20)] = (
        Field(default=[])
    )
    order_id: Annotated[list[_Text], Field(max_length=MOST_ORDERS)] = Field(default=[])


class SubscribeWebhook(Body):
    """Events are posted to a URL, signed."""

    channel: Literal["webhook"]
    url: Annotated[str, Field(max_length=2048)]
    filter: FilterModel = FilterModel()

    @property
    def target(self) -> str:
        """The URL."""
        return self.url


class SubscribeEmail(Body):
    """Events are mailed to an address, once its owner has confirmed that."""

    channel: Literal["email"]
    address: Annotated[str, Field(max_length=254)]
    filter: FilterModel = FilterModel()

    @property
    def target(self) -> str:
        """The address."""
        return self.address


class SubscribeQueue(Body):
    """SNS delivers events to an SQS queue itself; for staff."""

    channel: Literal["sqs"]
    queue_arn: Annotated[str, Field(max_length=300)]
    filter: FilterModel = FilterModel()

    @property
    def target(self) -> str:
        """The queue's ARN."""
        return self.queue_arn


Asked = SubscribeWebhook | SubscribeEmail | SubscribeQueue


class Subscribe(RootModel[Annotated[Asked, Field(discriminator="channel")]]):
    """A wanted for a topic's events, by one channel."""


class GrantedModel(BaseModel):
    """A new subscription; `manage_token` and `secret` are shown this once."""

    id: str
    topic: str
    channel: Channel
    state: SubscriptionState
    manage_token: str
    secret: str | None = Field(default=None, exclude_if=lambda secret: secret is None)


class ConfirmSubscription(Body):
    """What the challenge or the mail said."""

    token: Annotated[str, Field(max_length=200)]


class DeliveryModel(BaseModel):
    """A delivery: of which event, where it stands, after how many attempts, and what went wrong."""

    id: str
    event_id: str
    type: str
    state: DeliveryState
    attempts: int
    due_at: Timestamp
    tried_at: Timestamp | None
    error: str | None


class ShownFilter(BaseModel):
    """Which events are delivered; nothing said is all."""

    type: list[str]
    order_id: list[str]


class SubscriptionModel(BaseModel):
    """A subscription, its last deliveries, and how many of these have not got through.

    `target` is the URL, the address or the queue. `notice` says why it is paused or has ended.
    """

    id: str
    topic: str
    channel: Channel
    state: SubscriptionState
    target: str
    filter: ShownFilter
    created_at: Timestamp
    since: Timestamp
    notice: str | None
    failures: int
    deliveries: list[DeliveryModel]


class SecretModel(BaseModel):
    """A fresh signing secret; until `old_until`, webhooks are signed with the old one as well."""

    secret: str
    old_until: Timestamp | None


class ResumedModel(BaseModel):
    """How many deliveries are made again."""

    redriven: int


class ListDeadLetters(Body):
    """How many to list."""

    model_config = ConfigDict(strict=False, extra="ignore")

    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class DeadDeliveryModel(BaseModel):
    """A delivery that was given up on, and why."""

    id: str
    reason: str | None
    subscription_id: str | None
    delivery_id: str | None
    topic: str | None
    type: str | None
    attempts: int


class DeadDeliveriesModel(BaseModel):
    """Deliveries that were given up on."""

    dead_letters: list[DeadDeliveryModel]
    total: int


class RedriveDeliveries(Body):
    """Which to make again: those of one subscription, or all."""

    subscription_id: Annotated[str, Field(max_length=100)] | None = None


class RedrivenModel(BaseModel):
    """How many are made again, how many could not be, and how many were not looked at yet."""

    redriven: int
    refused: int
    left: int
