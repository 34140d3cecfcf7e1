"""Renders a picture in a process of its own, and believes nothing unchecked that it says."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import PIL
import structlog
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

import worker
from shared.domain.photo import WIDTHS
from shared.photos.contract import Rendition
from worker.photos.header import Header
from worker.photos.inspection import RefusedError

log = structlog.stdlib.get_logger(__name__)

SECONDS = 30.0
"""By the clock; the renderer's own limit is one of CPU time, which another's load does not use."""

MOST_ANSWER = 16 * 2**20
_CHUNK = 2**18
_CRASHES = frozenset(
    {-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT, -signal.SIGILL, -signal.SIGFPE}
)
_UNREADABLE = "the picture cannot be read: it is damaged, or cut off"


class RenderingFailedError(Exception):
    """The process was ended, or did not answer in time, and not for what the picture is."""


class Rendered(BaseModel):
    """What the renderer says of a picture; see `domain.photo`."""

    model_config = ConfigDict(frozen=True)

    width: Annotated[int, Field(ge=1, le=100_000)]
    height: Annotated[int, Field(ge=1, le=100_000)]
    widths: Annotated[tuple[int, ...], Field(min_length=1, max_length=len(WIDTHS))]
    color: Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
    placeholder: Annotated[
        str, StringConstraints(pattern=r"^data:image/webp;base64,[A-Za-z0-9+/]+=*$", max_length=400)
    ]
    likeness: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    lengths: tuple[int, ...]
    renditions: tuple[Rendition, ...] = ()

    @property
    def fallback(self) -> bytes:
        """The JPEG."""
        return self.renditions[-1].body


class _Failed(BaseModel):
    error: str


class ProcessRenderer:
    """Starts a process for each picture; `seconds` is how long one may take by the clock."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._environment = _environment()

    async def render(self, header: Header, data: bytes) -> Rendered:
        """Return a picture's renditions.

        Raises RefusedError when it cannot be decoded within the limits, and RenderingFailedError
        when that says nothing about the picture.
        """
        status, answer = await self._run(header.kind, data)
        if status in _CRASHES:
            raise RefusedError(_UNREADABLE)
        if status == -signal.SIGXCPU:
            raise RefusedError("the picture takes too long to decode; save it as a plain JPEG")
        if status:
            raise RenderingFailedError(f"the renderer has ended with {status}")
        return _parsed(answer)

    async def _run(self, kind: str, data: bytes) -> tuple[int, bytes]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-S", "-P", "-m", "worker.photos.renderer", kind),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=self._environment,
            cwd="/",
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(self._seconds):
                answer, _ = await asyncio.gather(_read(process), _write(process, data))
                return await process.wait(), answer
        except TimeoutError:
            raise RenderingFailedError("the renderer has not answered in time") from None
        finally:
            await _end(process)


async def _write(process: asyncio.subprocess.Process, data: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - it was asked for
    with contextlib.suppress(ConnectionError):  # it has ended: its status says why
        for place in range(0, len(data), _CHUNK):  # all at once would be copied
            process.stdin.write(data[place : place + _CHUNK])
            await process.stdin.drain()
    process.stdin.close()


async def _read(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    answer = bytearray()
    while chunk := await process.stdout.read(_CHUNK):
        answer += chunk
        if len(answer) > MOST_ANSWER:
            raise RenderingFailedError("the renderer answers too much")
    return bytes(answer)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill what is left of the process's group, and collect its status."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await asyncio.shield(process.wait())
    process._transport.close()  # type: ignore[attr-defined] # noqa: SLF001 - asyncio has no other


def _parsed(answer: bytes) -> Rendered:
    """Check an answer: hostile bytes may have written it."""
    line, _, bodies = answer.partition(b"\n")
    try:
        rendered = Rendered.model_validate_json(line)
    except ValidationError:
        raise _refused(line) from None
    names = [(f"{width}.webp", "image/webp") for width in rendered.widths]
    names.append(("fallback.jpg", "image/jpeg"))
    if len(rendered.lengths) != len(names) or sum(rendered.lengths) != len(bodies):
        raise RenderingFailedError("the renderer's answer is not whole")
    renditions, place = [], 0
    for (name, media_type), length in zip(names, rendered.lengths, strict=True):
        renditions.append(Rendition(name, media_type, bodies[place : place + length]))
        place += length
    return rendered.model_copy(update={"renditions": tuple(renditions)})


def _refused(line: bytes) -> Exception:
    try:
        failed = _Failed.model_validate_json(line)
    except ValidationError:
        return RenderingFailedError("the renderer's answer is not whole")
    log.info("photo.not_decoded", error=failed.error)
    return RefusedError(_UNREADABLE)


def _environment() -> Mapping[str, str]:
    """Return where the renderer's modules are: it has no site, and nothing else of ours."""
    folders = (Path(module.__path__[0]).parent for module in (worker, PIL))
    return {"PYTHONPATH": os.pathsep.join(map(str, folders))}
