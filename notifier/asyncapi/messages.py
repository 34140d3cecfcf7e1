"""The messages of the AsyncAPI document: the events of all types, with their headers."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from notifier.asyncapi.models import (
    BeatData,
    BoardChangeData,
    ChallengeAnswer,
    ChallengeData,
    Envelope,
    NewsletterAttributes,
    NewsletterData,
    OrderAttributes,
    OrderChangeData,
    ResetData,
    WebhookHeaders,
)
from notifier.channels.webhook.sender import CHALLENGE
from notifier.stream.selection import BOARD_CHANGED
from shared.domain.order import OrderState
from shared.messages.announcement import NEWSLETTER_PUBLISHED, ORDER_TYPES

Json: TypeAlias = dict[str, Any]

_MODELS: tuple[type[BaseModel], ...] = (
    *(Envelope, OrderChangeData, BoardChangeData, NewsletterData, ChallengeData, ChallengeAnswer),
    *(BeatData, ResetData, OrderAttributes, NewsletterAttributes, WebhookHeaders),
)


@dataclass(frozen=True, slots=True)
class EventType:
    """A type of event: its name, its meaning, the model of its `data`, and the order's state."""

    name: str
    title: str
    data: type[BaseModel]
    state: OrderState | None = None

    @property
    def key(self) -> str:
        """Its name in the document, as in `order.ready`."""
        return self.name.removeprefix("coffeeshop.").removesuffix(".v1")


ORDER_EVENT_TYPES = tuple(
    EventType(ORDER_TYPES[state], f"An order is {state}", OrderChangeData, state)
    for state in OrderState
)
NEWSLETTER_TYPE = EventType(
    NEWSLETTER_PUBLISHED, "A newsletter issue was published", NewsletterData
)
BOARD_TYPE = EventType(BOARD_CHANGED, "The board has changed", BoardChangeData)
CHALLENGE_TYPE = EventType(CHALLENGE, "Is this webhook wanted?", ChallengeData)


def ref(model: type[BaseModel]) -> Json:
    """Refer to the schema of a model."""
    return {"$ref": f"#/components/schemas/{model.__name__}"}


@functools.cache
def schemas() -> Mapping[str, Json]:
    """Return the schemas of the models and of all events, by their names."""
    _, made = models_json_schema(
        [(model, "validation") for model in _MODELS], ref_template="#/components/schemas/{model}"
    )
    definitions: dict[str, Json] = made["$defs"]
    envelope = definitions.pop(Envelope.__name__)
    types = (*ORDER_EVENT_TYPES, NEWSLETTER_TYPE, BOARD_TYPE, CHALLENGE_TYPE)
    return {**definitions, **{kind.key: _event_schema(envelope, kind) for kind in types}}


def _event_schema(envelope: Json, kind: EventType) -> Json:
    """Narrow the envelope to one type of event. Null fields are left out, so none may be null."""
    data = ref(kind.data)
    if kind.state is not None:
        data = {"allOf": [data, {"properties": {"state": {"const": kind.state.value}}}]}
    properties = {**envelope["properties"], "type": {"const": kind.name}, "data": data}
    optional = {name for name, field in Envelope.model_fields.items() if field.default is None}
    return {
        **envelope,
        "title": kind.title,
        "properties": {
            name: {"type": "string"} if name in optional else schema
            for name, schema in properties.items()
        },
        "required": [name for name in properties if name not in optional],
    }


def message(kind: EventType, headers: type[BaseModel] | None = None) -> Json:
    """Describe an event as a message, with the headers that its channel gives it."""
    described: Json = {
        "name": kind.name,
        "title": kind.title,
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{kind.key}"},
    }
    return described | ({"headers": ref(headers)} if headers else {})
