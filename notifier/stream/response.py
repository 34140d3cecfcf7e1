"""One live stream: a reader's events, written to its connection until either side closes it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import hdrs, web
from aiohttp_sse import EventSourceResponse

from notifier.stream import sse
from notifier.stream.hub import Hub
from notifier.stream.reader import Reader
from notifier.stream.selection import Selection
from shared.domain.staff import OWNER
from shared.runtime.lifecycle import background_task
from shared.web.caller import caller, client_networks, until_withdrawn
from shared.web.problem import ProblemKind
from shared.web.protocol import Connection

LAST_EVENT_ID = "Last-Event-ID"

TOO_MANY_STREAMS = ProblemKind(
    "too-many-streams", HTTPStatus.TOO_MANY_REQUESTS, "Too many live streams for one client"
)

_SEND_BUFFER_BYTES = 64 * 1024
"""Without a bound, the kernel buffers up to 4 MiB for each stalled reader."""


@dataclass(frozen=True, slots=True)
class StreamTimes:
    """How often a stream sends a heartbeat, and how long one write may take, in seconds."""

    heartbeat: float
    stalled: float


async def stream(
    request: web.Request, hub: Hub, selection: Selection, times: StreamTimes
) -> web.StreamResponse:
    """Stream the selected events that follow the caller's `Last-Event-ID`.

    Raises TooManyStreamsError, TooManyForOneClientError (never for staff), and
    ConnectionResetError when the caller has disconnected already.
    """
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("the caller has disconnected")
    response = EventSourceResponse(
        ping_interval=times.heartbeat, send_timeout=times.heartbeat + times.stalled
    )
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    client = () if caller(request) else client_networks(request)
    last_seen = request.headers.get(LAST_EVENT_ID)
    with hub.follow(selection, last_seen, transport.abort, client) as reader:
        _bound_send_buffer(transport)
        await response.prepare(request)
        async with (
            response,
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
    await response.write(sse.RETRY_FIELD)
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


def _bound_send_buffer(transport: asyncio.Transport) -> None:
    connection: socket.socket | None = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
