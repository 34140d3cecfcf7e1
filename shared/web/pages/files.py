"""Files as operations: each at an address of its own that does not change."""

from __future__ import annotations

import functools
import mimetypes
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from aiohttp import hdrs, web

from shared.web.operation import Operation, Response, Role


def file_operations(files: Mapping[str, Path]) -> list[Operation]:
    """Make an operation for each path, which serves its file to anyone.

    Browsers may cache a file, but must revalidate it each time.
    """
    return [_asset(path, file) for path, file in files.items()]


def _asset(path: str, file: Path) -> Operation:
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Operation(
        method=hdrs.METH_GET,
        path=path,
        summary=f"The file {file.name}",
        handler=functools.partial(_send, file),
        responses={HTTPStatus.OK: Response("The file", media_type=media_type)},
        role=Role.ANYONE,
        tag="pages",
        documented=False,
        turns=True,
    )


async def _send(file: Path, _: web.Request) -> web.StreamResponse:
    return web.FileResponse(file, headers={hdrs.CACHE_CONTROL: "no-cache"})
