"""The control socket, on which `coffeeshop scale` and the counter reach the supervisor."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import structlog
from pydantic import ValidationError

from shop.scaling.control_messages import (
    LONGEST_LINE,
    Answer,
    DemonstrationRequest,
    DemonstrationStatus,
    ScaleRequest,
    Status,
)
from shop.scaling.loop import RefusedError

log = structlog.stdlib.get_logger(__name__)

REQUEST_SECONDS = 5.0

Handler = Callable[[ScaleRequest], Status]
"""Does what is requested and returns the status; raises RefusedError."""

Demonstrate = Callable[[DemonstrationRequest], DemonstrationStatus]
"""The same for the demonstration."""


@contextlib.asynccontextmanager
async def control_socket(
    path: Path, handle: Handler, demonstrate: Demonstrate | None = None
) -> AsyncIterator[None]:
    """Answer on a Unix socket while the block lasts.

    Only the owner may connect. Where the path is too long for a socket (108 bytes on Linux), the
    shop has none, and logs that.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError), contextlib.closing(writer):
            async with asyncio.timeout(REQUEST_SECONDS):
                answer = _answer(await reader.readline(), handle, demonstrate)
                writer.write(answer.model_dump_json().encode() + b"\n")
                await writer.drain()

    try:
        listener = _bound(path)
    except OSError as error:
        log.warning("scaling.no_control", path=str(path), error=str(error))
        yield
        return
    server = await asyncio.start_unix_server(serve, sock=listener, limit=LONGEST_LINE)
    try:
        yield
    finally:
        server.close()
        _remove(path)


def _bound(path: Path) -> socket.socket:
    """Bind the socket; nobody can connect before it listens, and by then its mode is set."""
    _remove(path)  # the lock on the folder excludes another shop
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        os.chmod(path, 0o600)  # noqa: PTH101 - beside the bind that it belongs to
    except OSError:
        listener.close()
        raise
    return listener


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _answer(line: bytes, handle: Handler, demonstrate: Demonstrate | None) -> Answer:
    try:
        if demonstrate is not None and b'"demonstrate"' in line:
            request = DemonstrationRequest.model_validate_json(line)
            return Answer(demonstration=demonstrate(request))
        return Answer(status=handle(ScaleRequest.model_validate_json(line)))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        return Answer(refusal=f"{field or 'request'}: {first['msg']}")
    except RefusedError as error:
        return Answer(refusal=str(error))
