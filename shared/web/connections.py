"""The open connections: bounded in total and per client; the idle ones make room for others."""

from __future__ import annotations

import itertools
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import prometheus_client
from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge

from shared.web.client_address import Network, is_in, networks_of, read_address
from shared.web.limits import WebLimits


class Bound(StrEnum):
    """Which bound on connections was met."""

    TOTAL = "total"
    CLIENT = "client"


class Closable(Protocol):
    """A connection; `client` is whom it counts for, None for a trusted proxy."""

    client: str | None

    def abort(self) -> None:
        """Close it at once."""


class ConnectionMetrics:
    """How many connections are open, were closed to make room, and were refused."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.open = Gauge(
            "coffeeshop_http_connections", "Connections that are open.", registry=registry
        )
        self.evicted = prometheus_client.Counter(
            "coffeeshop_http_connections_evicted",
            "Idle connections closed to make room for another one.",
            ("bound",),
            registry=registry,
        )
        self.refused = prometheus_client.Counter(
            "coffeeshop_http_connections_refused",
            "Connections refused, because none was idle that could make room.",
            ("bound",),
            registry=registry,
        )


@dataclass(slots=True, kw_only=True)
class Connections:
    """Keeps connections within the limits.

    `idle` are those that may be closed to make room, the longest idle one first: they wait for a
    request, receive one, or send a response. A trusted proxy's are bounded in total only. While
    the service is `closing`, each ends with the response to its next request.
    """

    limits: WebLimits
    metrics: ConnectionMetrics
    proxies: Sequence[Network] = ()
    idle: OrderedDict[Closable, None] = field(default_factory=OrderedDict)
    closing: bool = False
    _open: set[Closable] = field(default_factory=set)
    _by_client: Counter[str] = field(default_factory=Counter)

    def client_of(self, address: str) -> str | None:
        """Return whom a connection from an address counts for; None for a trusted proxy's."""
        is_proxy = is_in(read_address(address), self.proxies)
        return None if is_proxy else networks_of(address)[0]

    def admit(self, connection: Closable) -> bool:
        """Count a connection as open if there is room, or an idle one to make it."""
        client = connection.client
        if client is not None and self._by_client[client] >= self.limits.connections_per_client:
            oldest = next((one for one in self.idle if one.client == client), None)
            if not self._evicted(oldest, Bound.CLIENT):
                return False
        if len(self._open) >= self.limits.connections:
            oldest = next(iter(self.idle), None)
            if not self._evicted(oldest, Bound.TOTAL):
                return False
        self._open.add(connection)
        self.idle[connection] = None
        if client is not None:
            self._by_client[client] += 1
        self.metrics.open.set(len(self._open))
        return True

    def forget(self, connection: Closable) -> None:
        """Count a connection as closed; may be called again."""
        self.idle.pop(connection, None)
        if connection not in self._open:
            return
        self._open.remove(connection)
        if (client := connection.client) is not None:
            self._by_client[client] -= 1
            if not self._by_client[client]:
                del self._by_client[client]
        self.metrics.open.set(len(self._open))

    def rest(self, connection: Closable) -> None:
        """Let a connection that is still open make room for others from now on."""
        if connection in self._open:
            self.idle[connection] = None
            self.idle.move_to_end(connection)

    def make_room(self, count: int) -> None:
        """Close the connections that are idle for longest, up to so many."""
        for oldest in list(itertools.islice(self.idle, count)):
            self._evict(oldest, Bound.TOTAL)

    def _evicted(self, oldest: Closable | None, bound: Bound) -> bool:
        if oldest is None:
            self.metrics.refused.labels(bound).inc()
            return False
        self._evict(oldest, bound)
        return True

    def _evict(self, connection: Closable, bound: Bound) -> None:
        self.forget(connection)
        connection.abort()
        self.metrics.evicted.labels(bound).inc()


CONNECTIONS: web.AppKey[Connections] = web.AppKey("CONNECTIONS", Connections)
"""The connections of the application's listener."""
