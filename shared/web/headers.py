"""The headers that every response carries: its correlation id, and what keeps browsers safe."""

from __future__ import annotations

import re
import secrets

from aiohttp import hdrs, web

CORRELATION_HEADER = "X-Correlation-ID"
ACCEPTABLE_ID = re.compile(
    r"(?:[0-9A-Fa-f]{16,64}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"
)
"""A UUID, or the hexadecimal id of a trace: it stands in logs and events, where no text belongs."""

CORRELATION_ID: web.RequestKey[str] = web.RequestKey("CORRELATION_ID", str)
"""The request's correlation id, also in the response, the logs, the ticket and the events."""

SET_COOKIE: web.RequestKey[str] = web.RequestKey("SET_COOKIE", str)
"""The Set-Cookie line of the response; absent where it sets none."""

RESPONSE: web.RequestKey[web.StreamResponse] = web.RequestKey("RESPONSE", web.StreamResponse)
"""The response whose head has been written; there cannot be another."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)

_JSON = frozenset({"application/json", "application/problem+json"})


def correlation_id(sent: str | None = None) -> str:
    """Accept the caller's id if it says nothing about anybody, else make a new one."""
    if sent is not None and ACCEPTABLE_ID.fullmatch(sent):
        return sent
    return secrets.token_hex(16)


def add_headers(response: web.StreamResponse, correlation_id: str) -> None:
    """Add what every response carries; a policy or caching rule that is already set stays."""
    headers = response.headers
    headers[CORRELATION_HEADER] = correlation_id
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers[hdrs.X_CONTENT_TYPE_OPTIONS] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers[hdrs.SERVER] = "coffeeshop"
    if response.content_type in _JSON:
        headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


async def complete_head(request: web.Request, response: web.StreamResponse) -> None:
    """Complete the head of a response before it is written (aiohttp's prepare signal)."""
    request[RESPONSE] = response
    add_headers(response, request.get(CORRELATION_ID) or correlation_id())
    if SET_COOKIE in request:
        response.headers[hdrs.SET_COOKIE] = request[SET_COOKIE]
