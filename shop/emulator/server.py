"""Listens for the emulator's clients, and ends with what they have under way."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

from shop.emulator.connection import Connection
from shop.emulator.messages import Application

STOP_SECONDS = 1.0
"""How long a stop waits for answers under way; a long poll takes longer, and is given up."""


@contextlib.asynccontextmanager
async def serving(app: Application, listening: socket.socket) -> AsyncIterator[None]:
    """Serve an application on a listening socket, for as long as the block lasts."""
    connections: set[Connection] = set()

    def connected() -> Connection:
        connection = Connection(app, connections.discard)
        connections.add(connection)
        return connection

    # Connections inherit it. asyncio sets it, too, but not where a descriptor was passed on.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener = await asyncio.get_running_loop().create_server(connected, sock=listening)
    try:
        yield
    finally:
        listener.close()
        answers = [each.answering for each in connections if each.answering is not None]
        if answers:
            await asyncio.wait(answers, timeout=STOP_SECONDS)
        for connection in [*connections]:
            connection.close()
