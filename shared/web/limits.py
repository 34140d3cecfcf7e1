"""Limits on serving HTTP, so that no caller can use up what the others need."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, replace

from aiohttp import web

_OTHER_DESCRIPTORS = 256
TURNS_AT_ONCE = 4
"""How many begin in one round of the event loop: about as long as an order takes."""


@dataclass(frozen=True, slots=True)
class WebLimits:
    """Limits on one request, one connection, and all of them; times are in seconds.

    `idle_seconds` limits the wait for a whole request head, from the opening of the connection or
    the end of its last request. A load balancer must close idle connections sooner than that.
    `linger_seconds` is how long the rest of a refused request is read and discarded, so that its
    sender can read the response. Bodies longer than `short_body_bytes` may together announce
    `long_bodies_bytes` while they are being received: slow senders could hold many. A reader who
    takes a response for longer than `write_seconds` is cut off. After a stop, connections are
    accepted for `deregistration_seconds`: until no load balancer makes any.
    """

    body_bytes: int = 64 * 1024
    short_body_bytes: int = 4 * 1024
    long_bodies_bytes: int = 4 * 1024 * 1024
    body_depth: int = 32
    body_seconds: float = 10
    idle_seconds: float = 28
    deregistration_seconds: float = 0
    linger_seconds: float = 5
    write_seconds: float = 60
    connections: int = 5000
    connections_per_client: int = 1250
    requests_at_once: int = 512
    streams_at_once: int = 2000
    check_seconds: float = 2

    def within(self, connections: int) -> WebLimits:
        """Bound connections, and with them what may keep one from making room for another.

        Requests and streams together never occupy all of them, nor all that one client may have.
        """
        return replace(
            self,
            connections=connections,
            connections_per_client=min(self.connections_per_client, connections - connections // 8),
            requests_at_once=min(self.requests_at_once, connections * 2 // 5),
            streams_at_once=connections * 2 // 5,
        )


def connections_within(descriptors: int) -> int:
    """Return how many connections fit into a process with so many file descriptors.

    Files, queues and deliveries need the rest: 256, or three quarters of them if there are few.
    """
    return descriptors - min(_OTHER_DESCRIPTORS, descriptors * 3 // 4)


class Turns:
    """Lets a few of those who wait begin in each round of the event loop, the first ones first.

    A page comes with twenty files; without turns, an order that comes after a crowd of browsers
    is read from its socket when all of theirs are answered.
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._begun = 0

    async def wait(self) -> None:
        """Return when it is the caller's turn: at once, unless there is a crowd."""
        if self._begun < TURNS_AT_ONCE and not self._waiting:
            self._begin()
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def _begin(self) -> None:
        if self._begun == 0:
            asyncio.get_running_loop().call_soon(self._next_round)
        self._begun += 1

    def _next_round(self) -> None:
        self._begun = 0
        while self._waiting and self._begun < TURNS_AT_ONCE:
            turn = self._waiting.popleft()
            if not turn.done():  # else its caller has left
                self._begin()
                turn.set_result(None)


LIMITS: web.AppKey[WebLimits] = web.AppKey("LIMITS", WebLimits)
