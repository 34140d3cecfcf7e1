"""The menu as a document: read, and changed unless somebody else has changed it meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp
from aiohttp import hdrs

from shop.client.answers import Json, content

_MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class MenuRead:
    """The menu as it was read, and the tag of that version."""

    document: Json
    tag: str

    @property
    def version(self) -> int:
        """The number of the version."""
        return int(self.tag.strip('"'))


async def read_menu(http: aiohttp.ClientSession) -> MenuRead:
    """Read the newest version; raises ProblemError."""
    async with http.get("menu/document") as response:
        return MenuRead(await content(response), response.headers[hdrs.ETAG])


async def put_menu(http: aiohttp.ClientSession, document: str, tag: str) -> MenuRead:
    """Change the version of that tag to a document, which is JSON; raises ProblemError."""
    headers = {hdrs.IF_MATCH: tag, hdrs.CONTENT_TYPE: "application/json"}
    async with http.put("menu/document", data=document.encode(), headers=headers) as response:
        return MenuRead(await content(response), response.headers[hdrs.ETAG])


async def newest_versions(http: aiohttp.ClientSession, newest: int) -> Sequence[Json]:
    """List who changed what in up to 20 versions, from `newest` down; raises ProblemError."""
    query = {"limit": _MOST_LISTED, "before": newest + 1}
    async with http.get("menu/versions", params=query) as response:
        listed: Sequence[Json] = (await content(response))["versions"]
    return listed
