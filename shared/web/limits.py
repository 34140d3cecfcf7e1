"""Limits on serving HTTP, so that no caller can use up what the others need."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True)
class WebLimits:
    """Limits on one request, one connection, and all of them; times are in seconds.

    `idle_seconds` limits the wait for a whole request head, from the opening of the connection or
    the end of its last request. A load balancer must close idle connections sooner than that.
    `linger_seconds` is how long the rest of a refused request is read and discarded, so that its
    sender can read the response. Bodies longer than `short_body_bytes` may together announce
    `long_bodies_bytes` while they are being received: slow senders could hold many.
    """

    body_bytes: int = 64 * 1024
    short_body_bytes: int = 4 * 1024
    long_bodies_bytes: int = 4 * 1024 * 1024
    body_depth: int = 32
    body_seconds: float = 10
    idle_seconds: float = 28
    linger_seconds: float = 5
    requests_at_once: int = 512
    check_seconds: float = 2


LIMITS: web.AppKey[WebLimits] = web.AppKey("LIMITS", WebLimits)
