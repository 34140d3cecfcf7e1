"""Photos of menu items: sent by a form that the shop gives, and followed until they are shown."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Callable
from html import unescape
from http import HTTPStatus
from pathlib import Path

import aiohttp
from yarl import URL

from shop.client.answers import Json, ProblemError, content, require_success
from shop.client.connection import CONNECT_SECONDS, connect, path

_SENDING = aiohttp.ClientTimeout(total=600, sock_connect=CONNECT_SECONDS, sock_read=60)
"""A form is good for ten minutes."""

_POLL_SECONDS = 0.25

_TRIES = 4
_LONGEST_PAUSE = 30
"""Seconds."""

_VERSION_ID = "x-amz-version-id"

_S3_MESSAGE = re.compile(r"<Message>([^<]{1,500})</Message>")
"""What S3 says of a form that it refuses (Amazon S3 API Reference, "Error responses")."""


async def photo_of(http: aiohttp.ClientSession, item: str) -> Json | None:
    """Read what became of an item's photo; None if it never had one. Raises ProblemError."""
    async with http.get(path("menu", "items", item, "photo")) as response:
        return None if response.status == HTTPStatus.NOT_FOUND else await content(response)


async def upload(
    http: aiohttp.ClientSession, item: str, file: Path, sent: Callable[[int], None]
) -> str:
    """Send a file as an item's photo; give the version id of the upload.

    `sent` is called with how many bytes were read so far. When the shop says how soon to try
    again, that is done a few times. Raises ProblemError, and OSError when
    the file cannot be read.
    """
    async with http.post(path("menu", "items", item, "photo")) as response:
        form = await content(response)
    for _ in range(_TRIES - 1):
        try:
            return await post_form(form, file, sent)
        except ProblemError as error:
            if not (error.retry_after or "").isdecimal():
                raise
            await asyncio.sleep(min(int(error.retry_after or 0), _LONGEST_PAUSE))
    return await post_form(form, file, sent)


async def looked_at(
    http: aiohttp.ClientSession, item: str, version_id: str, seconds: float
) -> Json | None:
    """Wait until an upload was looked at, and give what became of it; None after `seconds`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        found = await photo_of(http, item)
        for one in found["uploads"] if found else ():
            if one["version_id"] == version_id:
                upload: Json = one
                return upload
        if loop.time() > deadline:
            return None
        await asyncio.sleep(_POLL_SECONDS)


async def post_form(form: Json, file: Path, sent: Callable[[int], None]) -> str:
    """Post a form with a file, without our key: it may lead elsewhere; give the version id.

    Raises ProblemError.
    """
    url = URL(form["url"])
    with file.open("rb", buffering=0) as raw:
        data = aiohttp.FormData()
        for name, value in form["fields"].items():
            data.add_field(name, value)
        data.add_field(
            "file",
            _Counted(raw, sent),
            filename="photo",  # its own name says nothing, and may be anything
            content_type="application/octet-stream",
        )
        async with (
            connect(str(url.origin())) as http,
            http.post(url, data=data, timeout=_SENDING) as response,
        ):
            await _require_stored(response)
            return response.headers.get(_VERSION_ID, "")


async def _require_stored(response: aiohttp.ClientResponse) -> None:
    if not response.ok and (said := _S3_MESSAGE.search(await response.text())):
        raise ProblemError(response.status, [f"The photo is refused: {unescape(said[1])}"])
    await require_success(response)


class _Counted(io.BufferedReader):
    """A file that says how many bytes were read of it."""

    def __init__(self, raw: io.RawIOBase, read: Callable[[int], None]) -> None:
        super().__init__(raw)
        self._said = read

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self._said(self.tell())
        return piece
