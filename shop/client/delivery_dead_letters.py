"""Deliveries that were given up on, over the HTTP API: redriven until none is left to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from shop.client.answers import content

_ROUND = aiohttp.ClientTimeout(total=120, sock_connect=3)
"""A shop redrives up to a thousand in one go, each of them with some writes."""


@dataclass(frozen=True, slots=True)
class Redriven:
    """How many are made again, how many cannot be, how many the shop has not looked at."""

    redriven: int = 0
    refused: int = 0
    left: int = 0


async def redrive_deliveries(
    http: aiohttp.ClientSession, subscription_id: str | None, tell: Callable[[Redriven], None]
) -> Redriven:
    """Redrive in rounds, until none is left or none moves; `tell` hears how far it has come.

    What was refused in a round is looked at again in the next. Raises ProblemError.
    """
    body = {} if subscription_id is None else {"subscription_id": subscription_id}
    done = Redriven()
    while True:
        async with http.post(
            "subscriptions/dead-letters/redrive", json=body, timeout=_ROUND
        ) as response:
            answer = await content(response)
        done = Redriven(done.redriven + answer["redriven"], answer["refused"], answer["left"])
        tell(done)
        if not (answer["left"] and answer["redriven"]):
            return done
