"""The kinds of problem that the notifier answers with, and the problem of each error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from notifier.deliveries.confirmation_limits import TooManyPendingError, TooManyRequestedError
from notifier.stream.hub import TooManyForOneClientError, TooManyStreamsError
from notifier.stream.response import TOO_MANY_STREAMS
from notifier.subscriptions.queue_subscribers import QueueRefusedError
from notifier.subscriptions.service import NotActiveError, NotFoundError
from notifier.topics.catalog import TooManyTopicsError
from notifier.topics.publisher import KeyReusedError
from shared.aws.batcher import EntryFailedError
from shared.aws.topology import TopicNotDeployedError
from shared.domain.errors import UnavailableError
from shared.domain.subscription import SubscriptionRefusedError
from shared.store.subscription_contract import SubscriptionChangedError
from shared.web.idempotency import KEY_REUSED
from shared.web.problem import (
    NOT_FOUND,
    TOO_BUSY,
    TOO_MANY_REQUESTS,
    UNAVAILABLE,
    Problem,
    ProblemKind,
)

_UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY

INVALID_TOPIC = ProblemKind("invalid-topic", _UNPROCESSABLE, "The topic is not valid")
INVALID_ISSUE = ProblemKind("invalid-message", _UNPROCESSABLE, "The newsletter issue is not valid")
INVALID_SUBSCRIPTION = ProblemKind(
    "invalid-subscription", _UNPROCESSABLE, "The subscription is not valid"
)
INVALID_CONFIRMATION = ProblemKind(
    "invalid-confirmation", _UNPROCESSABLE, "The confirmation is not valid"
)
INVALID_FORGETTING = ProblemKind(
    "invalid-forgetting", _UNPROCESSABLE, "It does not say whom to forget"
)
INVALID_REDRIVE = ProblemKind("invalid-redrive", _UNPROCESSABLE, "The redrive is not valid")
ISSUE_PUBLISHED = ProblemKind(
    "message-published", HTTPStatus.CONFLICT, "The newsletter issue is published already"
)
TOPIC_RESERVED = ProblemKind(
    "topic-reserved", HTTPStatus.CONFLICT, "The topic is not for this purpose"
)
TOPIC_NOT_DEPLOYED = ProblemKind(
    "topic-not-deployed", HTTPStatus.CONFLICT, "The topic is not deployed"
)
TOO_MANY_TOPICS = ProblemKind("too-many-topics", HTTPStatus.CONFLICT, "There are too many topics")
NOT_IN_THAT_STATE = ProblemKind(
    "subscription-state", HTTPStatus.CONFLICT, "The subscription does not allow that now"
)

_RETRY_SECONDS = 5
_PENDING_RETRY_SECONDS = 60
_STREAM_RETRY_SECONDS = 30
"""Streams stay open for long, so that room for another one is seldom made sooner."""


def _unavailable(_: Exception) -> Problem:
    detail = "the store, a queue or a topic is unavailable; try again"
    return Problem(UNAVAILABLE, detail, retry_after=_RETRY_SECONDS)


def _changed(_: SubscriptionChangedError) -> Problem:
    detail = "the subscription was changed at the same time; try again"
    return Problem(NOT_IN_THAT_STATE, detail)


def _too_many_streams(_: TooManyStreamsError) -> Problem:
    detail = "as many streams as we can serve are open"
    return Problem(TOO_BUSY, detail, retry_after=_STREAM_RETRY_SECONDS)


def _too_many_requested(_: TooManyRequestedError) -> Problem:
    detail = "confirm the subscriptions that you have requested, or wait until they have lapsed"
    return Problem(TOO_MANY_REQUESTS, detail, retry_after=_PENDING_RETRY_SECONDS)


def _too_many_pending(_: TooManyPendingError) -> Problem:
    detail = "too many subscriptions are requested by everybody; try again later"
    return Problem(TOO_BUSY, detail, retry_after=_PENDING_RETRY_SECONDS)


def _too_many_for_one(_: TooManyForOneClientError) -> Problem:
    detail = "close some of the streams that are open from your address"
    return Problem(TOO_MANY_STREAMS, detail, retry_after=_STREAM_RETRY_SECONDS)


NOTIFIER_PROBLEMS: Mapping[type[Exception], Callable[[Any], Problem]] = MappingProxyType(
    {
        UnavailableError: _unavailable,
        EntryFailedError: _unavailable,
        NotFoundError: lambda _: Problem(NOT_FOUND, "there is no such subscription or delivery"),
        QueueRefusedError: lambda error: Problem(INVALID_SUBSCRIPTION, str(error)),
        NotActiveError: lambda error: Problem(NOT_IN_THAT_STATE, str(error)),
        KeyReusedError: lambda _: Problem(
            KEY_REUSED, "another issue was published under this key; use a new one"
        ),
        TopicNotDeployedError: lambda error: Problem(TOPIC_NOT_DEPLOYED, str(error)),
        TooManyTopicsError: lambda error: Problem(TOO_MANY_TOPICS, str(error)),
        SubscriptionRefusedError: lambda error: Problem(NOT_IN_THAT_STATE, str(error)),
        SubscriptionChangedError: _changed,
        TooManyStreamsError: _too_many_streams,
        TooManyForOneClientError: _too_many_for_one,
        TooManyRequestedError: _too_many_requested,
        TooManyPendingError: _too_many_pending,
    }
)
"""The problem that each error is answered with."""
