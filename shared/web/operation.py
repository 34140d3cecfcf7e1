"""One row of the table from which both the router and the OpenAPI document are built."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Required, TypedDict, Unpack

from aiohttp import web
from pydantic import BaseModel

from shared.web.problem import ProblemKind

EVENT_STREAM = "text/event-stream"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Role(StrEnum):
    """Who may call an operation."""

    ANYONE = "anyone"
    HOLDER = "holder"
    """Callers who know the unguessable id or token in the request; the handler checks it."""
    SUBSCRIBER = "subscriber"
    """Callers with the token of the resource, or a manager's key; the handler checks it."""
    BARISTA = "barista"
    """Staff at the bar: callers with any staff key."""
    MANAGER = "manager"
    """Callers with a manager's key."""


FOR_STAFF = frozenset({Role.BARISTA, Role.MANAGER})
"""The roles of operations that take a staff key, and nothing else."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in the path, the query or a header; `model` is an annotated type of its value."""

    name: str
    location: str
    description: str
    model: object = str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """A successful response: its meaning, and its JSON model or else its media type.

    Callers may get it in `other_media_types`, too, if they accept them rather than JSON.
    """

    description: str
    model: type[BaseModel] | None = None
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    other_media_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """A route with all that its callers must know of it. By default it is a manager's.

    Its body may be `body_bytes` long, or as long as `WebLimits` allow when that is None, and may
    be left out if it is not `body_required`. With `takes_form`, a page's form may replace the
    `body`; then its URL holds all parameters.
    With `receives_body`, the handler receives the body itself, and bounds it: the request occupies
    no place among those served at once, and its connection may be closed to make room for others.
    `always_served` exempts it from the limit on requests served at once; pages and their assets
    are not `documented`, and take `turns`, so that other requests pass them. `is_stream`: the
    response goes on until one side leaves.
    """

    method: str
    path: str
    summary: str
    handler: Handler
    responses: Mapping[HTTPStatus, Response]
    errors: tuple[ProblemKind, ...] = ()
    role: Role = Role.MANAGER
    body: type[BaseModel] | None = None
    body_bytes: int | None = None
    body_required: bool = True
    takes_form: bool = False
    receives_body: bool = False
    parameters: tuple[Parameter, ...] = ()
    tag: str = "shop"
    always_served: bool = False
    documented: bool = True
    turns: bool = False

    is_stream: bool = field(init=False)

    def __post_init__(self) -> None:
        is_stream = any(response.media_type == EVENT_STREAM for response in self.responses.values())
        object.__setattr__(self, "is_stream", is_stream)


OPERATION: web.RequestKey[Operation] = web.RequestKey("OPERATION", Operation)
"""The operation that serves the request; absent when none does."""


class OperationOptions(TypedDict, total=False):
    """What `operation` takes by name: fields of `Operation`."""

    responses: Required[Mapping[HTTPStatus, Response]]
    errors: tuple[ProblemKind, ...]
    role: Role
    body: type[BaseModel] | None
    body_bytes: int
    body_required: bool
    takes_form: bool
    receives_body: bool
    parameters: tuple[Parameter, ...]
    tag: str
    always_served: bool
    documented: bool
    turns: bool


def operation(
    method: str, path: str, summary: str, **described: Unpack[OperationOptions]
) -> Callable[[Handler], Operation]:
    """Make the handler below an `Operation`."""
    return lambda handler: Operation(method, path, summary, handler, **described)
