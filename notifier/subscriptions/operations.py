"""The subscriptions in the table of operations."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from notifier.problems import (
    INVALID_REDRIVE,
    INVALID_SUBSCRIPTION,
    NOT_IN_THAT_STATE,
)
from notifier.subscriptions import dead_letter_routes, routes
from notifier.subscriptions.models import (
    DeadDeliveriesModel,
    GrantedModel,
    RedriveDeliveries,
    RedrivenModel,
    ResumedModel,
    SecretModel,
    Subscribe,
    SubscriptionModel,
)
from notifier.topics.operations import TOPIC
from shared.web.operation import Operation, Parameter, Response, Role
from shared.web.problem import (
    INVALID_REQUEST,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
    UNAVAILABLE,
)

SUBSCRIPTION = Parameter("id", "path", "The subscription's id", required=True)
HELD = (UNAUTHORIZED, NOT_FOUND, UNAVAILABLE)
"""What may be in the way of whoever asks for a subscription."""

_DEAD_LETTERS: Sequence[Operation] = (
    Operation(
        "GET",
        "/subscriptions/dead-letters",
        "List the deliveries that were given up on",
        dead_letter_routes.list_dead_letters,
        parameters=(Parameter("limit", "query", "How many at most (100 when left out)", int),),
        responses={HTTPStatus.OK: Response("Deliveries, and why", DeadDeliveriesModel)},
        errors=(INVALID_REQUEST, UNAVAILABLE),
        tag="subscriptions",
    ),
    Operation(
        "POST",
        "/subscriptions/dead-letters/redrive",
        "Make deliveries again; subscriptions that were paused are resumed",
        dead_letter_routes.redrive_dead_letters,
        body=RedriveDeliveries,
        responses={HTTPStatus.OK: Response("What became of them", RedrivenModel)},
        errors=(INVALID_REDRIVE, UNAVAILABLE),
        tag="subscriptions",
    ),
)

_SUBSCRIPTIONS: Sequence[Operation] = (
    Operation(
        "POST",
        "/topics/{name}/subscriptions",
        "Subscribe to a topic",
        routes.subscribe,
        role=Role.ANYONE,
        body=Subscribe,
        parameters=(TOPIC,),
        responses={
            HTTPStatus.CREATED: Response(
                "The subscription; its keys are shown this once",
                GrantedModel,
                headers={"Location": "Where the subscription is"},
            )
        },
        errors=(INVALID_SUBSCRIPTION, UNAUTHORIZED, NOT_FOUND, TOO_MANY_REQUESTS, UNAVAILABLE),
        tag="subscriptions",
    ),
    Operation(
        "GET",
        "/subscriptions/{id}",
        "Look a subscription up, with its last deliveries",
        routes.get_subscription,
        role=Role.MANAGER,
        parameters=(SUBSCRIPTION,),
        responses={HTTPStatus.OK: Response("The subscription as it is now", SubscriptionModel)},
        errors=HELD,
        tag="subscriptions",
    ),
    Operation(
        "DELETE",
        "/subscriptions/{id}",
        "End a subscription: nothing more is delivered",
        routes.end_subscription,
        role=Role.MANAGER,
        parameters=(SUBSCRIPTION,),
        responses={HTTPStatus.NO_CONTENT: Response("The subscription has ended")},
        errors=HELD,
        tag="subscriptions",
    ),
    Operation(
        "POST",
        "/subscriptions/{id}/resume",
        "Resume a paused subscription, and make again the deliveries that failed",
        routes.resume_subscription,
        role=Role.MANAGER,
        parameters=(SUBSCRIPTION,),
        responses={HTTPStatus.OK: Response("The subscription is active", ResumedModel)},
        errors=(NOT_IN_THAT_STATE, *HELD),
        tag="subscriptions",
    ),
    Operation(
        "POST",
        "/subscriptions/{id}/secret",
        "Rotate a webhook's signing secret; for a day both are good",
        routes.rotate_secret,
        role=Role.MANAGER,
        parameters=(SUBSCRIPTION,),
        responses={HTTPStatus.OK: Response("The fresh secret, shown this once", SecretModel)},
        errors=(INVALID_SUBSCRIPTION, NOT_IN_THAT_STATE, *HELD),
        tag="subscriptions",
    ),
    Operation(
        "POST",
        "/subscriptions/{id}/deliveries/{delivery_id}/redeliver",
        "Make one more attempt at a delivery",
        routes.redeliver,
        role=Role.MANAGER,
        parameters=(
            SUBSCRIPTION,
            Parameter("delivery_id", "path", "The delivery's id", required=True),
        ),
        responses={HTTPStatus.ACCEPTED: Response("It will be attempted")},
        errors=(NOT_IN_THAT_STATE, TOO_MANY_REQUESTS, *HELD),
        tag="subscriptions",
    ),
)

SUBSCRIPTION_OPERATIONS: Sequence[Operation] = (*_DEAD_LETTERS, *_SUBSCRIPTIONS)
