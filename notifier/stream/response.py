"""One live stream: a reader's events, written to its connection until either side closes it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import hdrs, web

from notifier.stream import sse
from notifier.stream.hub import Hub
from notifier.stream.reader import Reader
from notifier.stream.selection import Selection
from shared.domain.staff import OWNER
from shared.runtime.lifecycle import background_task
from shared.web.caller import caller, client_networks, until_withdrawn
from shared.web.operation import EVENT_STREAM
from shared.web.problem import ProblemKind
from shared.web.protocol import Connection

LAST_EVENT_ID = "Last-Event-ID"

TOO_MANY_STREAMS = ProblemKind(
    "too-many-streams", HTTPStatus.TOO_MANY_REQUESTS, "Too many live streams for one client"
)

_SEND_BUFFER_BYTES = 64 * 1024
"""Without a bound, the kernel buffers up to 4 MiB for each stalled reader."""


_USER_TIMEOUT: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)
"""Linux has it: how long sent bytes may stay unacknowledged before the connection is closed."""

_PATIENCE = 3
"""The hub drops who does not read, and counts them; the kernel only closes what the hub left."""

_HEADERS = {
    hdrs.CONTENT_TYPE: EVENT_STREAM,
    hdrs.CACHE_CONTROL: "no-store",
    "X-Accel-Buffering": "no",  # no proxy holds events back
}


@dataclass(frozen=True, slots=True)
class StreamTimes:
    """How often a stream sends a heartbeat, and how long one write may take, in seconds."""

    heartbeat: float
    stalled: float


async def stream(
    request: web.Request,
    hub: Hub,
    selection: Selection,
    last_seen: str | None,
    times: StreamTimes,
) -> web.StreamResponse:
    """Stream the selected events that follow the one whose id the caller has seen last.

    Raises TooManyStreamsError, TooManyForOneClientError (never for staff), and
    ConnectionResetError when the caller has disconnected already.
    """
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("the caller has disconnected")
    response = web.StreamResponse(headers=_HEADERS)
    client = () if caller(request) else client_networks(request)
    with hub.follow(selection, last_seen, transport.abort, client) as reader:
        _bound(transport, times)
        await response.prepare(request)
        async with (
            background_task(_end_with_caller(request, reader), "caller of a stream"),
            background_task(_end_with_key(request, reader), "key of a stream")
            if caller(request) not in {None, OWNER}
            else contextlib.nullcontext(),
        ):
            with contextlib.suppress(ConnectionError):
                await _write(response, reader)
    return response


async def _write(response: web.StreamResponse, reader: Reader) -> None:
    """Write until the end; the hub aborts a write that takes too long."""
    await response.write(sse.RETRY_FIELD + sse.beat(reader.position))
    while (chunk := await reader.read()) is not None:
        await response.write(chunk)


async def _end_with_caller(request: web.Request, reader: Reader) -> None:
    """End a stream whose caller has disconnected, which one without events would not notice."""
    if isinstance(request.protocol, Connection):
        await request.protocol.left()
        reader.end()


async def _end_with_key(request: web.Request, reader: Reader) -> None:
    """End a stream whose caller's staff key is withdrawn."""
    await until_withdrawn(request)
    reader.end()


def _bound(transport: asyncio.Transport, times: StreamTimes) -> None:
    """Bound what the kernel buffers, and for how long it waits for a client that is gone."""
    connection: socket.socket | None = transport.get_extra_info("socket")
    if connection is None:
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    if _USER_TIMEOUT is not None and connection.family in {socket.AF_INET, socket.AF_INET6}:
        milliseconds = int((times.heartbeat + times.stalled) * _PATIENCE * 1000)
        connection.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, milliseconds)
