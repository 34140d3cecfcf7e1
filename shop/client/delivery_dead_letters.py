"""Redrives subscribers' dead deliveries over the HTTP API, until none is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from shop.client.answers import content

_TIMEOUT = aiohttp.ClientTimeout(total=120, sock_connect=3)
"""A shop redrives up to a thousand in one request, each of them with some writes."""


@dataclass(frozen=True, slots=True)
class Redriven:
    """How many were redriven, how many cannot be, how many the shop has not read."""

    redriven: int = 0
    refused: int = 0
    left: int = 0

    @property
    def total(self) -> int:
        """How many there are in all."""
        return self.redriven + self.refused + self.left


async def redrive_deliveries(
    http: aiohttp.ClientSession,
    subscription_id: str | None,
    on_progress: Callable[[Redriven], None],
) -> Redriven:
    """Redrive in rounds, until none is left or none moves.

    A round tries again what the one before refused. Raises ProblemError.
    """
    body = {} if subscription_id is None else {"subscription_id": subscription_id}
    done = Redriven()
    while True:
        async with http.post(
            "subscriptions/dead-letters/redrive", json=body, timeout=_TIMEOUT
        ) as response:
            answer = await content(response)
        done = Redriven(done.redriven + answer["redriven"], answer["refused"], answer["left"])
        on_progress(done)
        if not (answer["left"] and answer["redriven"]):
            return done
