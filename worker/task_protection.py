"""Keeps ECS from scaling a worker in, or deploying over it, while it makes an order for long.

A stop leaves a container 120 s. An order that takes longer would be handed back and begun again.
Amazon ECS Developer Guide, "Amazon ECS task scale-in protection endpoint".
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping

import aiohttp
import structlog

UNPROTECTED_SECONDS = 100.0
"""What a stop has time for: less than the grace of 110 s, which is less than Fargate's 120 s."""

_PATH = "/task-protection/v1/state"
_CALL_SECONDS = 5.0
_RETRY_SECONDS = 10.0
_MOST_MINUTES = 2880
_MOST_BYTES = 64 * 1024

log = structlog.stdlib.get_logger(__name__)


class TaskProtection:
    """Protects the task that `agent_url` is the ECS agent's URL for; `monotonic` is in seconds.

    It ends when no order has more than `UNPROTECTED_SECONDS` left, or by itself, if the worker
    was killed. The agent bounds nothing and is not needed: what fails is logged, and tried again.
    """

    def __init__(self, agent_url: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._url = agent_url.rstrip("/") + _PATH
        self._monotonic = monotonic
        self._ends: dict[object, float] = {}
        self._changed = asyncio.Event()
        self._protected_until = -math.inf

    @contextlib.contextmanager
    def held(self, seconds: float) -> Iterator[None]:
        """Have the task protected during the block, if it is going to take long enough."""
        if seconds <= UNPROTECTED_SECONDS:
            yield
            return
        hold = object()
        self._ends[hold] = self._monotonic() + seconds - UNPROTECTED_SECONDS
        self._changed.set()
        try:
            yield
        finally:
            del self._ends[hold]
            self._changed.set()

    async def run(self) -> None:
        """Keep the protection in step with the orders in hand, for ever."""
        timeout = aiohttp.ClientTimeout(total=_CALL_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            while True:
                self._changed.clear()
                pause = await self._adjust(http)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._changed.wait()

    async def _adjust(self, http: aiohttp.ClientSession) -> float | None:
        """Protect the task, or end it; return when to look again, if nothing changes before."""
        now = self._monotonic()
        until = max(self._ends.values(), default=-math.inf)
        if until > max(now, self._protected_until):
            minutes = min(_MOST_MINUTES, math.ceil((until - now) / 60))
            if not await self._put(http, {"ProtectionEnabled": True, "ExpiresInMinutes": minutes}):
                return _RETRY_SECONDS
            self._protected_until = now + minutes * 60
        elif until <= now < self._protected_until:
            if not await self._put(http, {"ProtectionEnabled": False}):
                return _RETRY_SECONDS
            self._protected_until = -math.inf
        return until - now if until > now else None

    async def _put(self, http: aiohttp.ClientSession, state: Mapping[str, object]) -> bool:
        try:
            async with http.put(self._url, json=state) as response:
                body = await response.content.read(_MOST_BYTES)
            answered = json.loads(body)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.warning("task_protection.failed", error=str(error) or type(error).__name__)
            return False
        if not isinstance(answered, dict) or "protection" not in answered:
            log.warning("task_protection.failed", error=str(answered)[:500])
            return False
        log.info("task_protection.changed", **state)
        return True
