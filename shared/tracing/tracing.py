"""What the services need of a tracing library, and what does nothing in its place."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any, Protocol

_NONE: Mapping[str, str] = MappingProxyType({})


class Tracing(Protocol):
    """Makes the spans of a trace; messages carry it from one service to the next.

    The conventions: https://opentelemetry.io/docs/specs/semconv/messaging/
    """

    def sending(self, system: str, destination: str) -> AbstractContextManager[Mapping[str, str]]:
        """Make the span of one message, and give the attributes that the message must carry.

        `system` is `aws_sqs` or `aws.sns`, `destination` the name of a queue or a topic.
        """

    def working_on(
        self,
        queue: str,
        attributes: Mapping[str, str],
        message_id: str,
        waited_since: dt.datetime | None,
    ) -> AbstractContextManager[object]:
        """Make the spans of a message's receipt and of the work on it, below the one that sent it.

        A poll waited for it, or had it, from `waited_since` until now.
        """

    def step(
        self, name: str, attributes: Mapping[str, str] = _NONE
    ) -> AbstractContextManager[object]:
        """Make the span of a step."""

    def log_fields(self) -> Mapping[str, str]:
        """Name the current trace and span, for lines of the log."""

    def client_traces(self) -> Sequence[Any]:
        """Return what aiohttp's sessions take as `trace_configs`."""


class NoTracing:
    """Makes no spans."""

    def sending(self, _system: str, _destination: str) -> AbstractContextManager[Mapping[str, str]]:
        """Add nothing to a message."""
        return _NOTHING

    def working_on(self, _queue: str, *_: object) -> AbstractContextManager[object]:
        """Do nothing."""
        return _NOTHING

    def step(
        self, _name: str, _attributes: Mapping[str, str] = _NONE
    ) -> AbstractContextManager[object]:
        """Do nothing."""
        return _NOTHING

    def log_fields(self) -> Mapping[str, str]:
        """Name nothing."""
        return _NONE

    def client_traces(self) -> Sequence[Any]:
        """Observe nothing."""
        return ()


_NOTHING: AbstractContextManager[Mapping[str, str]] = contextlib.nullcontext(_NONE)
"""It may be entered often, and by many at once."""

NO_TRACING: Tracing = NoTracing()
