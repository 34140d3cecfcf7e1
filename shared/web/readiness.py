"""The checks of readiness, made at most once in a moment, however many callers ask."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
from aiohttp import web

log = structlog.stdlib.get_logger(__name__)

_FRESH_SECONDS = 0.5
"""How long an outcome is good for: anybody may ask, and a check writes and sends."""


class ReadinessProbe:
    """Makes all checks at once, each within `seconds`; those who ask meanwhile get its outcome."""

    def __init__(
        self, checks: Mapping[str, Callable[[], Awaitable[object]]], seconds: float
    ) -> None:
        self._checks = checks
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._reasons: Sequence[str] = ()
        self._made_at = -_FRESH_SECONDS

    @property
    def names(self) -> Sequence[str]:
        """What is checked."""
        return [*self._checks]

    async def reasons(self) -> Sequence[str]:
        """Say what failed and why; nothing, when all is well."""
        async with self._turn:
            if time.monotonic() - self._made_at >= _FRESH_SECONDS:
                self._reasons = await self._make()
                self._made_at = time.monotonic()
            return self._reasons

    async def _make(self) -> Sequence[str]:
        whys = await asyncio.gather(*map(self._failure, self._checks.values()))
        return [f"{name}: {why}" for name, why in zip(self._checks, whys, strict=True) if why]

    async def _failure(self, check: Callable[[], Awaitable[object]]) -> str | None:
        """Say why a check failed, by the error's name alone: its text may hold addresses, keys."""
        try:
            async with asyncio.timeout(self._seconds):
                await check()
        except TimeoutError:
            return f"no answer within {self._seconds:g} s"
        except Exception as error:  # noqa: BLE001 - what a dependency may raise is what this is for
            log.info("readiness.failed", error=repr(error))
            return type(error).__name__
        return None


READINESS_PROBE: web.AppKey[ReadinessProbe] = web.AppKey("READINESS_PROBE", ReadinessProbe)
