"""A web service as one value: its operations, and what runs beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp import web

from shared.domain.staff import StaffKeyRecord
from shared.web.operation import Operation
from shared.web.problem import Problem

Hook: TypeAlias = Callable[[web.Application], Awaitable[object]]
"""Called with the running application."""

Lifespan: TypeAlias = Callable[[web.Application], AsyncIterator[None]]
"""Opens what the routes need before the first request, and closes it after the last one."""

StaffKeysOf: TypeAlias = Callable[[web.Application], Awaitable[Sequence[StaffKeyRecord]]]
"""Reads the staff keys from a service's store."""

ProblemOf: TypeAlias = Callable[[Any], Problem]
"""Makes a problem of an exception."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What `create_app` composes; several services may share one application and one port.

    A `readiness` hook raises while what it names is unavailable. `drains` are awaited when the
    process is asked to stop, while callers are still served; `shutdowns` end the streams after
    that. SIGHUP sets every event of `broker_resets`: the broker was unreachable, and queues and
    topics may have lost their messages. SIGUSR1 sets every event of `closings`: the service is
    about to be stopped, serves what was begun, and should take on no more.
    """

    operations: Sequence[Operation]
    problems: Mapping[type[Exception], ProblemOf] = field(default_factory=dict)
    staff_keys: StaffKeysOf | None = None
    readiness: Mapping[str, Hook] = field(default_factory=dict)
    lifespans: Sequence[Lifespan] = ()
    drains: Sequence[Hook] = ()
    shutdowns: Sequence[Hook] = ()
    broker_resets: Sequence[asyncio.Event] = ()
    closings: Sequence[asyncio.Event] = ()


OPERATIONS: web.AppKey[Sequence[Operation]] = web.AppKey("OPERATIONS", list)
"""The whole table of an application, its own operations included."""

PROBLEMS: web.AppKey[Mapping[type[Exception], ProblemOf]] = web.AppKey("PROBLEMS", dict)
"""How the services' own exceptions become problems; a base class covers its subclasses."""

DRAINS: web.AppKey[Sequence[Hook]] = web.AppKey("DRAINS", list)
"""The drains of all services of an application."""
