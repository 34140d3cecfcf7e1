"""The bodies that the routes of subscriptions read and answer with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, RootModel

from notifier.subscriptions.event_types import event_type
from notifier.topics.catalog import MOST_TOPICS
from shared.clock import Timestamp
from shared.domain.delivery import Delivery, DeliveryState
from shared.domain.subscription import Channel, Subscription, SubscriptionState
from shared.domain.subscription_request import Granted
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
    url: Annotated[str, Field(max_length=2048, json_schema_extra={"format": "uri"})]
    filter: FilterModel = FilterModel()

    @property
    def target(self) -> str:
        """The URL."""
        return self.url


class SubscribeEmail(Body):
    """Events are mailed to an address, once its owner has confirmed that."""

    channel: Literal["email"]
    address: Annotated[str, Field(max_length=254, json_schema_extra={"format": "idn-email"})]
    filter: FilterModel = FilterModel()
    also: Annotated[list[_Text], Field(max_length=MOST_TOPICS)] = Field(
        default=[], description="Further newsletters that the same mail confirms"
    )

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


ByChannel = SubscribeWebhook | SubscribeEmail | SubscribeQueue


class Subscribe(RootModel[Annotated[ByChannel, Field(discriminator="channel")]]):
    """A request for a topic's events, by one channel."""


class GrantedModel(BaseModel):
    """A new subscription; `manage_token` and `secret` are shown this once."""

    id: str
    topic: str
    channel: Channel
    state: SubscriptionState
    manage_token: str
    secret: str | None = Field(default=None, exclude_if=lambda secret: secret is None)

    @classmethod
    def of(cls, granted: Granted) -> Self:
        """Show a new subscription with its keys."""
        subscription = granted.subscription
        return cls(
            id=subscription.id,
            topic=subscription.topic,
            channel=subscription.channel,
            state=subscription.state,
            manage_token=granted.manage_token,
            secret=next((signing.secret for signing in subscription.secrets), None),
        )


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

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """Show a delivery of the log."""
        return cls(
            id=delivery.id,
            event_id=delivery.event_id,
            type=delivery.event_type,
            state=delivery.state,
            attempts=delivery.attempts,
            due_at=delivery.at,
            tried_at=delivery.tried_at,
            error=delivery.error,
        )


class ShownFilter(BaseModel):
    """Which events are delivered; nothing said is all."""

    type: list[str]
    order_id: list[str]


class ChallengeModel(BaseModel):
    """How the last challenge of a webhook failed, and when the next is due."""

    failed: int
    error: str
    next_at: Timestamp

    @classmethod
    def of(cls, subscription: Subscription) -> Self | None:
        """Show the last challenge, if it failed."""
        if subscription.challenge_error is None or subscription.next_challenge_at is None:
            return None
        return cls(
            failed=subscription.challenges,
            error=subscription.challenge_error,
            next_at=subscription.next_challenge_at,
        )


class SubscriptionModel(BaseModel):
    """A subscription, its last deliveries, and how many of these have not got through.

    `target` is the URL, the address or the queue. `notice` says why it is paused or has ended;
    `challenge`, why a webhook is pending. What becomes of a confirmation mail is not shown.
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
    challenge: ChallengeModel | None = Field(default=None, exclude_if=lambda shown: shown is None)
    failures: int
    deliveries: list[DeliveryModel]

    @classmethod
    def of(cls, subscription: Subscription, deliveries: Sequence[Delivery]) -> Self:
        """Show a subscription with its last deliveries."""
        return cls(
            id=subscription.id,
            topic=subscription.topic,
            channel=subscription.channel,
            state=subscription.state,
            target=subscription.target,
            filter=ShownFilter(
                type=sorted(subscription.filter.types),
                order_id=sorted(subscription.filter.order_ids),
            ),
            created_at=subscription.created_at,
            since=subscription.since,
            notice=subscription.notice,
            challenge=ChallengeModel.of(subscription),
            failures=sum(
                delivery.state is not DeliveryState.DELIVERED and delivery.error is not None
                for delivery in deliveries
            ),
            deliveries=[DeliveryModel.of(delivery) for delivery in deliveries],
        )


class SecretModel(BaseModel):
    """A fresh signing secret; until `old_until`, webhooks are signed with the old one as well."""

    secret: str
    old_until: Timestamp | None


class ResumedModel(BaseModel):
    """How many deliveries are made again."""

    redriven: int
