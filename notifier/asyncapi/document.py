"""The AsyncAPI 3.0 document: topics by SNS, the live stream, webhooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import BaseModel

from notifier.asyncapi.messages import (
    BOARD_TYPE,
    CHALLENGE_TYPE,
    NEWSLETTER_TYPE,
    ORDER_EVENT_TYPES,
    EventType,
    Json,
    message,
    ref,
    schemas,
)
from notifier.asyncapi.models import (
    BeatData,
    ChallengeAnswer,
    NewsletterAttributes,
    OrderAttributes,
    ResetData,
    WebhookHeaders,
)
from notifier.stream.selection import BOARD
from shared.aws.names import Names
from shared.messages.announcement import ORDER_EVENTS

LIVE, WEBHOOK = "live-stream", "webhook"
"""The channels that are not topics. Their names cannot collide with a topic's: see `_topic`."""

_PUBLISHED = (*ORDER_EVENT_TYPES, NEWSLETTER_TYPE)
_ABOUT = (
    "Events are CloudEvents 1.0 in JSON. Delivery is at least once and order is not promised: "
    "deduplicate by `id`, order an order's events by `data.version`. No event has a customer's "
    "name in it."
)


def asyncapi_document(topics: Mapping[str, str], names: Names) -> Json:
    """Describe the shop's `topics` (descriptions by name) and every way to receive them."""
    channels = {_topic(name): _sns(name, about, names) for name, about in topics.items()}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "The coffee shop's events", "version": "1", "description": _ABOUT},
        "defaultContentType": "application/json",
        "servers": _SERVERS,
        "channels": {**channels, LIVE: _live(topics), WEBHOOK: _webhook()},
        "operations": {
            **{f"announce.{name}": _send(name) for name in channels},
            "stream": {**_send(LIVE), "bindings": {"http": {"method": "GET", "query": _QUERY}}},
            "deliver": _post([kind.key for kind in _PUBLISHED]),
            "challenge": {**_post([CHALLENGE_TYPE.key]), "reply": _reply()},
        },
        "components": {"schemas": schemas()},
    }


_SERVERS: Json = {
    "sns": {
        "host": "sns.{region}.amazonaws.com",
        "protocol": "sns",
        "variables": {"region": {"default": "us-east-1"}},
    },
    "shop": {
        "host": "{host}",
        "protocol": "http",
        "variables": {"host": {"default": "127.0.0.1:8080"}},
    },
}

_QUERY: Json = {
    "type": "object",
    "properties": {
        "topics": {"type": "string", "description": "Topics, with commas between"},
        "order_id": {"type": "string", "description": "Only this order's events"},
        "last_event_id": {"type": "string", "description": "Go on after this `id`"},
    },
}


def _topic(name: str) -> str:
    """Name a topic's channel uniquely; the name of a topic has no dot."""
    return f"topic.{name}"


def _sns(name: str, about: str, names: Names) -> Json:
    of_orders = name == ORDER_EVENTS
    kinds = ORDER_EVENT_TYPES if of_orders else (NEWSLETTER_TYPE,)
    headers = OrderAttributes if of_orders else NewsletterAttributes
    return {
        "address": names.topic(name),
        "title": name,
        "description": f"{about} (headers are SNS message attributes)".strip(),
        "servers": [{"$ref": "#/servers/sns"}],
        "messages": _messages(kinds, headers),
        "bindings": {"sns": {"name": names.topic(name), "ordering": {"type": "standard"}}},
    }


def _live(topics: Iterable[str]) -> Json:
    reset = {
        "name": "reset",
        "title": "Events may be missing; it is an SSE event named `reset`",
        "payload": ref(ResetData),
    }
    beat = {
        "name": "beat",
        "title": "The stream is alive; it is an SSE event named `beat`, with the position as `id`",
        "payload": ref(BeatData),
    }
    return {
        "address": "/events",
        "title": "The live stream",
        "description": (
            f"Server-sent events of the topics {', '.join([*topics, BOARD])}. Each one's data is "
            "a CloudEvent; send the last `id` as `Last-Event-ID` to go on after it."
        ),
        "servers": [{"$ref": "#/servers/shop"}],
        "messages": {**_messages((*_PUBLISHED, BOARD_TYPE)), "reset": reset, "beat": beat},
    }


def _webhook() -> Json:
    answer = {"name": "challenge-answer", "payload": ref(ChallengeAnswer)}
    return {
        "address": None,
        "title": "A subscriber's webhook",
        "description": "Each event is a POST to the subscriber's URL, signed by Standard Webhooks.",
        "messages": {
            **_messages((*_PUBLISHED, CHALLENGE_TYPE), WebhookHeaders),
            "challenge-answer": answer,
        },
    }


def _messages(kinds: Iterable[EventType], headers: type[BaseModel] | None = None) -> Json:
    return {kind.key: message(kind, headers) for kind in kinds}


def _send(channel: str) -> Json:
    return {"action": "send", "channel": {"$ref": f"#/channels/{channel}"}}


def _post(messages: Iterable[str]) -> Json:
    listed = [{"$ref": f"#/channels/{WEBHOOK}/messages/{key}"} for key in messages]
    return {**_send(WEBHOOK), "bindings": {"http": {"method": "POST"}}, "messages": listed}


def _reply() -> Json:
    return {
        "channel": {"$ref": f"#/channels/{WEBHOOK}"},
        "messages": [{"$ref": f"#/channels/{WEBHOOK}/messages/challenge-answer"}],
    }
