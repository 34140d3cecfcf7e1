"""The shop's documents: read, changed, and written unless somebody else was faster."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import aiohttp
from aiohttp import hdrs

from shop.client.answers import Json, content

_TRIES = 10


async def change_document(
    http: aiohttp.ClientSession, where: str, change: Callable[[Json], Json]
) -> Json:
    """Apply a change to the newest version, again to a newer one; return what it is then.

    Raises ProblemError.
    """
    for left in reversed(range(_TRIES)):
        async with http.get(where) as read:
            changed, tag = change(await content(read)), read.headers[hdrs.ETAG]
        async with http.put(where, json=changed, headers={hdrs.IF_MATCH: tag}) as put:
            if put.status != HTTPStatus.PRECONDITION_FAILED or not left:
                return await content(put)
    raise AssertionError("the last try returns or raises")
