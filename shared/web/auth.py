"""Keys and tokens: who the caller is, told by the `Authorization` header."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from aiohttp import hdrs, web

from shared.domain.tokens import is_token
from shared.web.problem import UNAUTHORIZED, Problem

STAFF_KEY_DIGEST: web.AppKey[str] = web.AppKey("STAFF_KEY_DIGEST", str)
CHALLENGE: Mapping[str, str] = MappingProxyType(
    {hdrs.WWW_AUTHENTICATE: 'Bearer realm="coffeeshop"'}
)
"""How to show a key (RFC 6750, section 3), with every 401."""


def bearer_token(request: web.Request) -> str | None:
    """Read the token of an `Authorization: Bearer` header (RFC 6750), if there is one."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def is_staff(request: web.Request) -> bool:
    """Tell whether the caller has shown the staff key."""
    token = bearer_token(request)
    return token is not None and is_token(token, request.app[STAFF_KEY_DIGEST])


def require_staff(request: web.Request) -> None:
    """Let nobody but staff pass; raises a Problem of kind UNAUTHORIZED."""
    if not is_staff(request):
        raise unauthorized("send the staff key as Authorization: Bearer")


def unauthorized(detail: str) -> Problem:
    """Make the answer to a missing or wrong key or token."""
    return Problem(UNAUTHORIZED, detail, headers=CHALLENGE)
