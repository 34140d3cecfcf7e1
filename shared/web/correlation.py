"""The correlation id, by which one customer's wish is followed through logs, tickets and events."""

from __future__ import annotations

import re
import secrets

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from shared.web.keys import CORRELATION_ID

HEADER = "X-Correlation-ID"
ACCEPTABLE = re.compile(r"[A-Za-z0-9._~:/+=@-]{1,128}")


def correlation_id(sent: str | None) -> str:
    """Take the caller's id when it can safely go anywhere, else make a new one."""
    if sent is not None and ACCEPTABLE.fullmatch(sent):
        return sent
    return secrets.token_hex(16)


@web.middleware
async def correlate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request its correlation id, and every log line of it too."""
    request[CORRELATION_ID] = correlation_id(request.headers.get(HEADER))
    with structlog.contextvars.bound_contextvars(correlation_id=request[CORRELATION_ID]):
        return await handler(request)
