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
    """Whoever knows the unguessable id or token in the request; the handler looks it up."""
    MANAGER = "manager"
    """Whoever shows the token or the key of what is asked for; the handler looks it up."""
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in the path, the query or a header; `model` is an annotated type of its value."""

    name: str
    place: str
    description: str
    model: object = str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: what it means, and its JSON model or else its media type."""

    description: str
    model: type[BaseModel] | None = None
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """A route with all that its callers must know of it. By default it is staff's.

    With `takes_form`, a page's form may come in place of the `body`, and its URL says it all.
    `always_served` exempts it from the bound on requests served at once; pages and their assets
    are not `documented`.
    """

    method: str
    path: str
    summary: str
    handler: Handler
    answers: Mapping[HTTPStatus, Answer]
    errors: tuple[ProblemKind, ...] = ()
    role: Role = Role.STAFF
    body: type[BaseModel] | None = None
    takes_form: bool = False
    parameters: tuple[Parameter, ...] = ()
    tag: str = "shop"
    always_served: bool = False
    documented: bool = True

    @property
    def is_stream(self) -> bool:
        """Whether the answer goes on until somebody leaves."""
        return any(answer.media_type == EVENT_STREAM for answer in self.answers.values())


class _Described(TypedDict, total=False):
    """What `operation` takes by name: fields of `Operation`."""

    answers: Required[Mapping[HTTPStatus, Answer]]
    errors: tuple[ProblemKind, ...]
    role: Role
    body: type[BaseModel] | None
    takes_form: bool
    parameters: tuple[Parameter, ...]
    tag: str
    always_served: bool
    documented: bool


def operation(
    method: str, path: str, summary: str, **described: Unpack[_Described]
) -> Callable[[Handler], Operation]:
    """Make a row of the table of the handler below; see `Operation`."""
    return lambda handler: Operation(method, path, summary, handler, **described)
