"""The body of an upload: a form as browsers and curl send it, with the file last.

aiohttp reads the form (RFC 7578). What it reads is bounded here: in time, in bytes, and in lines,
as each line costs time, however short it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import TypeVar, cast

from aiohttp import BodyPartReader, MultipartReader, StreamReader, web
from aiohttp.http_exceptions import HttpProcessingError

from producer.http.problems import INVALID_FORM
from shared.web.body import CLOSE_CONNECTION, most_bytes, too_large
from shared.web.limits import LIMITS
from shared.web.problem import REQUEST_TIMEOUT, UNSUPPORTED_MEDIA_TYPE, Problem
from shared.web.protocol import Connection

LEAST_PER_SECOND = 64 * 1024
"""The least bytes in a second, on the average: 20 MB may take five minutes."""

_MEDIA_TYPE = "multipart/form-data"
_FILE = "file"
_FIELD_BYTES = 4 * 1024
_CHUNK_BYTES = 64 * 1024
_MOST_LINES = 100
"""Of all but the file: a field has four, with its boundary, and a client may add headers."""

_T = TypeVar("_T")


class UploadBody:
    """Reads the form of a request: its fields, and then its file.

    Its methods raise a Problem: UNSUPPORTED_MEDIA_TYPE, INVALID_FORM, CONTENT_TOO_LARGE or
    REQUEST_TIMEOUT.
    """

    def __init__(self, request: web.Request) -> None:
        if request.content_type != _MEDIA_TYPE:
            raise Problem(UNSUPPORTED_MEDIA_TYPE, f"send the form as {_MEDIA_TYPE}")
        if request.content_length is None and isinstance(request.protocol, Connection):
            request.protocol.refuse_tiny_chunks(request.content)
        content = cast("StreamReader", _BoundedContent(request))
        with _errors_as_problems():
            self._parts = MultipartReader(request.headers, content)
        self._file: BodyPartReader | None = None

    async def fields(self, names: AbstractSet[str]) -> Mapping[str, str]:
        """Read the fields of these names, all of which come before the file."""
        found: dict[str, str] = {}
        while (part := await self._next_part()) is not None:
            name = part.name or ""
            if name == _FILE:
                self._file = part
                break
            if name not in names or name in found:
                raise _invalid("the form has a field that should not be there, or has it twice")
            found[name] = await _text(part)
        if missing := names - found.keys():
            raise _invalid(f"these fields come before the file: {', '.join(sorted(missing))}")
        return found

    async def file(self) -> AsyncIterator[bytes]:
        """Read the file in chunks of up to 64 KiB; nothing may come after it."""
        if self._file is None:
            raise _invalid("the form has no file")
        while not self._file.at_eof():
            with _errors_as_problems():
                chunk = await self._file.read_chunk(_CHUNK_BYTES)
            yield chunk
        if await self._next_part() is not None:
            raise _invalid("nothing may come after the file")

    async def _next_part(self) -> BodyPartReader | None:
        with _errors_as_problems():
            part = await self._parts.next()
        if isinstance(part, MultipartReader) or _is_encoded(part):
            raise _invalid("fields and file are sent as they are")
        return part


class _BoundedContent:
    """What a `MultipartReader` needs of a request's content, within bounds."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self._content = request.content
        self._lines_left = _MOST_LINES
        self._started = time.monotonic()

    async def read(self, size: int) -> bytes:
        return await self._bounded(self._content.read(size))

    async def readline(self, *, max_line_length: int | None = None) -> bytes:
        self._lines_left -= 1
        if self._lines_left < 0:
            raise _invalid("the form has too many lines")
        return await self._bounded(self._content.readline(max_line_length=max_line_length))

    def unread_data(self, data: bytes) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # though aiohttp has only this
            self._content.unread_data(data)

    def at_eof(self) -> bool:
        return self._content.at_eof()

    async def _bounded(self, read: Awaitable[_T]) -> _T:
        begin_within = self._request.app[LIMITS].body_seconds
        may_take = begin_within + self._content.total_bytes / LEAST_PER_SECOND
        try:
            async with asyncio.timeout(self._started + may_take - time.monotonic()):
                result = await read
        except TimeoutError:
            detail = f"the file comes slower than {LEAST_PER_SECOND // 1024} KiB in a second"
            raise Problem(REQUEST_TIMEOUT, detail, headers=CLOSE_CONNECTION) from None
        if self._content.total_bytes > most_bytes(self._request):
            raise too_large(self._request)
        return result


@contextlib.contextmanager
def _errors_as_problems() -> Iterator[None]:
    """Raise a Problem for what aiohttp raises at a form that is none."""
    try:
        yield
    except (ValueError, LookupError, RuntimeError, HttpProcessingError):
        raise _invalid("the body is no form that could be read to its end") from None


async def _text(part: BodyPartReader) -> str:
    value = bytearray()
    while not part.at_eof():
        with _errors_as_problems():
            value += await part.read_chunk(_FIELD_BYTES)
        if len(value) > _FIELD_BYTES:
            raise _invalid(f"a field has {_FIELD_BYTES} bytes at most")
    return value.decode("utf-8", "replace")


def _is_encoded(part: BodyPartReader | None) -> bool:
    """Return whether a part's bytes are not the file's (RFC 7578, section 4.7, deprecates it)."""
    encoding = "binary" if part is None else part.headers.get("Content-Transfer-Encoding", "binary")
    return encoding.lower() not in {"7bit", "8bit", "binary"}


def _invalid(detail: str) -> Problem:
    return Problem(INVALID_FORM, detail, headers=CLOSE_CONNECTION)
