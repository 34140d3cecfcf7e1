"""A live stream whose client does not read."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import httpx


@contextlib.asynccontextmanager
async def stalled_stream(url: httpx.URL, topic: str) -> AsyncIterator[asyncio.StreamReader]:
    """Open a stream, read its head, and then nothing more until the caller does."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, (url.host, url.port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=4096)
    try:
        writer.write(f"GET /events?topics={topic} HTTP/1.1\r\nHost: shop\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        yield reader
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
