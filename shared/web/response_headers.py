"""The headers that every answer carries: its correlation id, and what keeps browsers safe."""

from __future__ import annotations

from aiohttp import hdrs, web

from shared.web import correlation
from shared.web.keys import ANSWER, CORRELATION_ID

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)

_JSON = frozenset({"application/json", "application/problem+json"})


def add_headers(response: web.StreamResponse, correlation_id: str) -> None:
    """Add what every answer carries; a policy or caching rule that it already has stays."""
    headers = response.headers
    headers[correlation.HEADER] = correlation_id
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers[hdrs.X_CONTENT_TYPE_OPTIONS] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers[hdrs.SERVER] = "coffeeshop"
    if response.content_type in _JSON:
        headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


async def complete_answer(request: web.Request, response: web.StreamResponse) -> None:
    """Complete the head of an answer that is about to be written (aiohttp's prepare signal)."""
    request[ANSWER] = response
    add_headers(response, request.get(CORRELATION_ID) or correlation.correlation_id(None))
