"""Asks a service how it is, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import aiohttp

PAUSE_SECONDS = 0.05
ANSWER_SECONDS = 5.0
"""A connection waits in the listening socket while its service is starting."""


def local_url(host: str, port: int) -> str:
    """Say where this machine reaches a server that listens on `host`."""
    reachable = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


async def well(url: str, not_yet: Callable[[str], None] | None = None) -> None:
    """Wait until `url` answers 2xx; `not_yet` is told what it says until then."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        while (reason := await _trouble(session, url)) is not None:
            if not_yet is not None:
                not_yet(reason)
            await asyncio.sleep(PAUSE_SECONDS)


async def _trouble(session: aiohttp.ClientSession, url: str) -> str | None:
    try:
        async with session.get(url) as response:
            return None if response.ok else (await response.text())[:500]
    except (aiohttp.ClientError, TimeoutError) as error:
        return str(error) or "no answer"
