"""Dead letters over the HTTP API: read, and redriven at a rate that the baristas can take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import aiohttp

from shop.client.answers import Json, content

MOST_LISTED = 1000
MOST_AT_ONCE = 100
"""What the API lists, and how many ids it takes, in one request."""

_MOST_TRIED = 10_000
"""How many the API reads in one dry run."""

_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=3)
"""A shop scans its dead letters for up to 15 s, and one request waits for another's scan."""


@dataclass(slots=True)
class Redriven:
    """The dead letters handled so far; `refused` has the reasons, by id.

    `left` is how many the shop has not read.
    """

    redriven: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    left: int = 0

    @property
    def count(self) -> int:
        """How many were redriven or refused."""
        return self.redriven + len(self.refused)

    def add(self, answer: Json) -> None:
        """Add an answer; a letter refused before may be redriven by now."""
        self.redriven += len(answer["redriven"])
        self.refused |= {letter["id"]: letter["reason"] for letter in answer["refused"]}
        for letter_id in answer["redriven"]:
            self.refused.pop(letter_id, None)


async def read_dead_letters(http: aiohttp.ClientSession, limit: int) -> Json:
    """List up to `limit` dead letters, and how many there are in all; raises ProblemError."""
    async with http.get("dead-letters", params={"limit": limit}, timeout=_TIMEOUT) as response:
        return await content(response)


async def read_dead_letter(http: aiohttp.ClientSession, letter_id: str) -> Json:
    """Read one with its body; raises ProblemError."""
    async with http.get(f"dead-letters/{letter_id}", timeout=_TIMEOUT) as response:
        return await content(response)


async def redrive(
    http: aiohttp.ClientSession,
    ids: Sequence[str],
    rate: float,
    on_progress: Callable[[Redriven], None],
    *,
    dry_run: bool,
) -> Redriven:
    """Redrive dead letters, `rate` per second.

    Raises ProblemError; those that were redriven before that stay so.
    """
    done = Redriven()
    size = _portion(rate)
    limit = _RateLimit(size / rate)
    for start in range(0, len(ids), size):
        await limit.wait()
        chosen = list(ids[start : start + size])
        done.add(await _redrive(http, {"ids": chosen, "dry_run": dry_run}))
        on_progress(done)
    return done


async def redrive_all(
    http: aiohttp.ClientSession, rate: float, on_progress: Callable[[Redriven], None]
) -> Redriven:
    """Redrive all dead letters, `rate` per second, until none is left or none moves."""
    done = Redriven()
    size = _portion(rate)
    limit = _RateLimit(size / rate)
    while True:
        await limit.wait()
        answer = await _redrive(http, {"all": True, "limit": size})
        done.add(answer)
        done.left = answer["left"]
        on_progress(done)
        if not (answer["redriven"] and answer["left"]):
            return done


async def try_all(http: aiohttp.ClientSession) -> Redriven:
    """Return what a redrive of all would do."""
    answer = await _redrive(http, {"all": True, "limit": _MOST_TRIED, "dry_run": True})
    tried = Redriven(left=answer["left"])
    tried.add(answer)
    return tried


async def _redrive(http: aiohttp.ClientSession, body: Json) -> Json:
    async with http.post("dead-letters/redrive", json=body, timeout=_TIMEOUT) as response:
        return await content(response)


def _portion(rate: float) -> int:
    return max(1, min(int(rate), MOST_AT_ONCE))


class _RateLimit:
    """Lets the first through at once, and each later one `seconds` or more after the one before."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time()

    async def wait(self) -> None:
        await asyncio.sleep(self._due - self._loop.time())
        self._due = max(self._due, self._loop.time()) + self._seconds
