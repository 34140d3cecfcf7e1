"""The control socket: where `coffeeshop scale` reaches the supervisor, and nobody else does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import structlog
from pydantic import ValidationError

from shop.scaling.control_messages import LONGEST_LINE, Answer, Status, Wish
from shop.scaling.loop import RefusedError

log = structlog.stdlib.get_logger(__name__)

PATIENCE_SECONDS = 5.0

Obey = Callable[[Wish], Status]
"""Does what is wished for and tells how things are; raises RefusedError."""


@contextlib.asynccontextmanager
async def control(path: Path, obey: Obey) -> AsyncIterator[None]:
    """Answer on a Unix socket for as long as the block lasts.

    Only the owner may connect. A shop whose folder has too long a path for a socket (108 bytes on
    Linux) goes without one, and says so.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError), contextlib.closing(writer):
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = _answer(await reader.readline(), obey)
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
    _remove(path)  # the lock on the folder says that nobody else is using it
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


def _answer(line: bytes, obey: Obey) -> Answer:
    try:
        return Answer(status=obey(Wish.model_validate_json(line)))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        return Answer(refusal=f"{where or 'wish'}: {fault['msg']}")
    except RefusedError as error:
        return Answer(refusal=str(error))
