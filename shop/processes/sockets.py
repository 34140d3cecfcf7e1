"""Listening sockets, bound by the supervisor so that they outlive the processes that use them."""

from __future__ import annotations

import errno
import socket
import time

from shared.runtime.startup import StartupError

RELEASE_SECONDS = 1.0
"""How long a shop that was just killed may take to release its port."""

BACKLOG = 1024


class PortError(StartupError):
    """The port cannot be listened on; the message says why."""


def listen(host: str, port: int, seconds: float = RELEASE_SECONDS) -> socket.socket:
    """Listen on a port (0: any free one); raises PortError, for a taken one after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return _bound(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise PortError(_explain(host, port, error)) from error
            time.sleep(0.05)


def port_of(listener: socket.socket) -> int:
    """Return the port that a socket listens on."""
    port: int = listener.getsockname()[1]
    return port


def _bound(host: str, port: int) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _explain(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use. COFFEE_PORT names another: COFFEE_PORT={port + 1}"
    return (
        f"The shop cannot listen on {host}, port {port}: {error.strerror or error}. "
        "COFFEE_HOST and COFFEE_PORT say where."
    )
