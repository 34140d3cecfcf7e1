"""The tracing of a process: switched on once, before anything that it is to see is made."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
from collections.abc import Callable, Coroutine, Iterator, Mapping
from enum import StrEnum
from typing import Any, ParamSpec, TypeAlias, TypeVar

from shared.tracing.tracing import NO_TRACING, Tracing

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Step: TypeAlias = Callable[_P, Coroutine[Any, Any, _T]]


class Traces(StrEnum):
    """Where traces go. The endpoint of `otlp` and more are in the standard's `OTEL_*` variables."""

    OFF = "off"
    OTLP = "otlp"


_current = [NO_TRACING]


def tracing() -> Tracing:
    """Return the tracing of this process."""
    return _current[-1]


def spanned(
    name: str, attributes: Mapping[str, str] | None = None
) -> Callable[[_Step[_P, _T]], _Step[_P, _T]]:
    """Make every call of a coroutine function the step of that name in its trace."""

    def spanning(step: _Step[_P, _T]) -> _Step[_P, _T]:
        @functools.wraps(step)
        async def in_span(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            with tracing().step(name, attributes or {}):
                return await step(*args, **kwargs)

        return in_span

    return spanning


@contextlib.contextmanager
def using(new: Tracing) -> Iterator[None]:
    """Have `tracing` return another one during the block."""
    _current.append(new)
    try:
        yield
    finally:
        _current.remove(new)


@contextlib.contextmanager
def traces_of(service: str, to: Traces) -> Iterator[None]:
    """Trace this process during the block; send what is left at its end, within seconds.

    Loads no library when it is off.
    """
    if to is Traces.OFF:
        yield
        return
    from shared.tracing.otlp import exporting  # noqa: PLC0415 - its packages are an extra

    with exporting(service) as made, using(made):
        yield


def can_be_traced() -> bool:
    """Return whether the packages of the extra `otel` are installed."""
    try:
        return importlib.util.find_spec("opentelemetry.sdk") is not None
    except ModuleNotFoundError:  # not even a package above it
        return False
