"""Dead letters over the HTTP API: read, and redriven no faster than the baristas can take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import aiohttp

from shop.client.answers import Json, content

MOST_LISTED = 1000
MOST_AT_ONCE = 100
"""What the API lists, and redrives, in one go."""


@dataclass(slots=True)
class Redriven:
    """What has become of dead letters so far; `refused` tells why, by id."""

    redriven: int = 0
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many there have been."""
        return self.redriven + len(self.refused)


async def read_dead_letters(http: aiohttp.ClientSession, limit: int) -> Json:
    """List up to `limit` dead letters, and how many there are in all; raises ProblemError."""
    async with http.get("dead-letters", params={"limit": limit}) as response:
        return await content(response)


async def redrive(
    http: aiohttp.ClientSession,
    ids: Sequence[str],
    rate: float,
    tell: Callable[[Redriven], None],
    *,
    dry_run: bool,
) -> Redriven:
    """Redrive dead letters, `rate` in a second; `tell` hears how far it has come.

    Raises ProblemError; those that were redriven before that stay so.
    """
    done = Redriven()
    size = max(1, min(int(rate), MOST_AT_ONCE))
    loop = asyncio.get_running_loop()
    due = loop.time()
    for start in range(0, len(ids), size):
        await asyncio.sleep(due - loop.time())
        due = max(due, loop.time()) + size / rate
        chosen = list(ids[start : start + size])
        body = {"ids": chosen, "dry_run": dry_run}
        async with http.post("dead-letters/redrive", json=body) as response:
            answer = await content(response)
        done.redriven += len(answer["redriven"])
        done.refused |= {letter["id"]: letter["reason"] for letter in answer["refused"]}
        tell(done)
    return done
