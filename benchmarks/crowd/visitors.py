"""Browsers that open a page with all that belongs to it, and keep its stream open."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp

CONNECTIONS = 6
"""How many connections a browser opens to one host over HTTP/1.1."""

_ASSET = re.compile(r'(?:href|src)="(/(?:assets|pages)/[^"#]+)')
_PHOTOS = 6
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=60)


@dataclass
class Crowd:
    """Visitors of one shop: what they have fetched, and whose streams are open."""

    url: str
    pages: Sequence[str]
    requests: int = 0
    received: int = 0
    open: int = 0
    everyone: asyncio.Event = field(default_factory=asyncio.Event)

    async def visit(self, number: int, of: int) -> None:
        """Open a page with an empty cache, and follow orders until canceled."""
        page = self.pages[number % len(self.pages)]
        connector = aiohttp.TCPConnector(limit=CONNECTIONS)
        async with aiohttp.ClientSession(
            self.url, connector=connector, timeout=_TIMEOUT, auto_decompress=False
        ) as browser:
            html = await self._get(browser, page)
            answers = ["/menu", "/shop"] if page == "/" else ["/board/orders"]
            paths = [*dict.fromkeys(_ASSET.findall(html.decode()))]
            if page == "/":
                answers += await self._photos(browser)
            await asyncio.gather(*(self._get(browser, path) for path in (*paths, *answers)))
            async with browser.get("/events", params={"topics": "board"}) as stream:
                stream.raise_for_status()
                self.open += 1
                if self.open == of:
                    self.everyone.set()
                async for _ in stream.content.iter_any():
                    pass
        raise ConnectionError("a stream has ended")

    async def _photos(self, browser: aiohttp.ClientSession) -> list[str]:
        """Name the photos that a phone shows at first."""
        body = await self._get(browser, "/menu")
        return [*dict.fromkeys(re.findall(r'"src":"(/photos/[^"]+)"', body.decode()))][:_PHOTOS]

    async def _get(self, browser: aiohttp.ClientSession, path: str) -> bytes:
        async with browser.get(path) as response:
            response.raise_for_status()
            body = await response.read()
        self.requests += 1
        self.received += len(body)
        return body
