"""The bounds within which HTTP is served, so that no caller can take what belongs to the others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WebLimits:
    """Bounds on one request, one connection, and all of them; times are in seconds.

    `idle_seconds` bounds the wait for a whole request head, from the opening of the connection or
    the end of its last request. A load balancer must let go of idle connections sooner than that.
    `linger_seconds` is how long the rest of a refused request is read and thrown away, so that
    its sender gets to read the answer. Bodies that are longer than `short_body_bytes`, and still
    on their way, are together up to `long_bodies_bytes` long: slow senders might have many.
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
