"""Waits, over HTTP, for a service that is starting."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

import aiohttp

PAUSE_SECONDS = 0.1
USUAL_SECONDS = 3.0
ANSWER_SECONDS = 5.0
"""A connection waits in the listening socket while its service is starting."""


async def wait_until_healthy(url: str, on_delay: Callable[[str], None] = lambda _: None) -> None:
    """Wait until `url` answers 2xx; after 3 s, `on_delay` gets the reason of each failure."""
    usually_until = time.monotonic() + USUAL_SECONDS
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        while (reason := await _failure(session, url)) is not None:
            if time.monotonic() > usually_until:
                on_delay(reason)
            await asyncio.sleep(PAUSE_SECONDS)


async def _failure(session: aiohttp.ClientSession, url: str) -> str | None:
    try:
        async with session.get(url) as response:
            return None if response.ok else _detail(await response.text())
    except (aiohttp.ClientError, TimeoutError) as error:
        return str(error) or "no answer"


def _detail(answer: str) -> str:
    """Find the detail of a problem (RFC 9457); of anything else, the beginning of the answer."""
    try:
        return str(json.loads(answer)["detail"])
    except (ValueError, KeyError, TypeError):
        return answer[:500]
