"""Dead letters over the HTTP API: read, and redriven no faster than the baristas can take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import aiohttp

from shop.client.answers import Json, content

MOST_LISTED = 1000
MOST_AT_ONCE = 100
"""What the API lists, and takes ids of, in one go."""

_MOST_TRIED = 10_000
"""How many the API looks at in one go, in a dry run."""

_LOOK = aiohttp.ClientTimeout(total=60, sock_connect=3)
"""A shop goes on through its dead letters for up to 15 s, after whoever does so already."""


@dataclass(slots=True)
class Redriven:
    """What has become of dead letters so far; `refused` tells why, by id.

    `left` were not looked at, as far as the shop knows.
    """

    redriven: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    left: int = 0

    @property
    def count(self) -> int:
        """How many there have been."""
        return self.redriven + len(self.refused)

    def add(self, answer: Json) -> None:
        """Take in what an answer says; what was refused before may be redriven by now."""
        self.redriven += len(answer["redriven"])
        self.refused |= {letter["id"]: letter["reason"] for letter in answer["refused"]}
        for letter_id in answer["redriven"]:
            self.refused.pop(letter_id, None)


async def read_dead_letters(http: aiohttp.ClientSession, limit: int) -> Json:
    """List up to `limit` dead letters, and how many there are in all; raises ProblemError."""
    async with http.get("dead-letters", params={"limit": limit}, timeout=_LOOK) as response:
        return await content(response)


async def read_dead_letter(http: aiohttp.ClientSession, letter_id: str) -> Json:
    """Read one with its body; raises ProblemError."""
    async with http.get(f"dead-letters/{letter_id}", timeout=_LOOK) as response:
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
    size = _portion(rate)
    pace = _Pace(size / rate)
    for start in range(0, len(ids), size):
        await pace.turn()
        chosen = list(ids[start : start + size])
        done.add(await _redrive(http, {"ids": chosen, "dry_run": dry_run}))
        tell(done)
    return done


async def redrive_all(
    http: aiohttp.ClientSession, rate: float, tell: Callable[[Redriven], None]
) -> Redriven:
    """Redrive all that there are, `rate` in a second, until there are none or none moves."""
    done = Redriven()
    size = _portion(rate)
    pace = _Pace(size / rate)
    while True:
        await pace.turn()
        answer = await _redrive(http, {"all": True, "limit": size})
        done.add(answer)
        done.left = answer["left"]
        tell(done)
        if not (answer["redriven"] and answer["left"]):
            return done


async def try_all(http: aiohttp.ClientSession) -> Redriven:
    """Ask what would become of all that there are."""
    answer = await _redrive(http, {"all": True, "limit": _MOST_TRIED, "dry_run": True})
    tried = Redriven(left=answer["left"])
    tried.add(answer)
    return tried


async def _redrive(http: aiohttp.ClientSession, body: Json) -> Json:
    async with http.post("dead-letters/redrive", json=body, timeout=_LOOK) as response:
        return await content(response)


def _portion(rate: float) -> int:
    return max(1, min(int(rate), MOST_AT_ONCE))


class _Pace:
    """Lets somebody go on at once, and then so many `seconds` after the last time, or later."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time()

    async def turn(self) -> None:
        """Wait for the next turn."""
        await asyncio.sleep(self._due - self._loop.time())
        self._due = max(self._due, self._loop.time()) + self._seconds
