"""Sockets to listen on, and the URLs at which this machine reaches them."""

from __future__ import annotations

import errno
import socket

BACKLOG = 1024
"""How many connections may wait to be accepted."""

_ANY_4 = "0.0.0.0"  # noqa: S104 - an address to recognise
_REACHABLE = {_ANY_4: "127.0.0.1", "": "127.0.0.1", "::": "::1"}


def bound(host: str, port: int) -> socket.socket:
    """Listen on a port (0: any free one) of one address; `::` has those of IPv4 too.

    A name that has addresses of both kinds stands for the IPv4 one. Raises OSError.
    """
    found = socket.getaddrinfo(
        host or _ANY_4, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    family, kind, protocol, _, address = min(found, key=lambda each: each[0] == socket.AF_INET6)
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def local_url(host: str, port: int) -> str:
    """Return the URL by which this machine reaches a server that listens on `host`."""
    reachable = _REACHABLE.get(host, host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def is_out_of_descriptors(error: BaseException | None) -> bool:
    """Return whether an error says that this process or machine can open no more files."""
    return isinstance(error, OSError) and error.errno in {errno.EMFILE, errno.ENFILE}
