"""Who the caller is: by the key or token in `Authorization`, and by the network address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import structlog
from aiohttp import hdrs, web

from shared.domain.tokens import matches_digest
from shared.runtime.log_limit import LogLimit
from shared.web.client_address import Network, last_untrusted, networks_of
from shared.web.key_guard import KEY_GUARD
from shared.web.operation import OPERATION, Role
from shared.web.problem import UNAUTHORIZED, Problem

STAFF_KEY_DIGEST: web.AppKey[str] = web.AppKey("STAFF_KEY_DIGEST", str)

IS_STAFF: web.RequestKey[bool] = web.RequestKey("IS_STAFF", bool)
WRONG_KEY: web.RequestKey[bool] = web.RequestKey("WRONG_KEY", bool)
"""Whether the token is the staff key, once it was compared."""

TRUSTED_PROXIES: web.AppKey[Sequence[Network]] = web.AppKey("TRUSTED_PROXIES", tuple)
"""The networks of the proxies whose X-Forwarded-For is believed."""

CHALLENGE: Mapping[str, str] = MappingProxyType(
    {hdrs.WWW_AUTHENTICATE: 'Bearer realm="coffeeshop"'}
)
"""How to show a key (RFC 6750, section 3), with every 401."""

UNREADABLE_HOPS: web.AppKey[LogLimit] = web.AppKey("UNREADABLE_HOPS", LogLimit)
"""Limits warnings of proxies whose callers all count as one client."""

log = structlog.stdlib.get_logger(__name__)


def bearer_token(request: web.Request) -> str | None:
    """Read the token of an `Authorization: Bearer` header (RFC 6750), if there is one."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def is_staff(request: web.Request) -> bool:
    """Return whether the caller has shown the staff key.

    Raises a Problem of kind TOO_MANY_REQUESTS after too many wrong keys. One token is compared,
    and counted if it is wrong, once in a request; where it may be that of a resource, the handler
    counts it.
    """
    if (token := bearer_token(request)) is None:
        return False
    if IS_STAFF not in request:
        request.app[KEY_GUARD].check(client_networks(request))
        request[IS_STAFF] = matches_digest(token, request.app[STAFF_KEY_DIGEST])
        operation = request.get(OPERATION)
        if not request[IS_STAFF] and (operation is None or operation.role is not Role.MANAGER):
            count_wrong_key(request)
    return request[IS_STAFF]


def count_wrong_key(request: web.Request) -> None:
    """Count that the caller has shown a key or token that is none of ours, once in a request."""
    if WRONG_KEY not in request:
        request[WRONG_KEY] = True
        request.app[KEY_GUARD].record(client_networks(request))


def require_staff(request: web.Request) -> None:
    """Raise a Problem of kind UNAUTHORIZED unless the caller is staff."""
    if bearer_token(request) is None:
        raise unauthorized("this is for staff: send the staff key as Authorization: Bearer")
    if not is_staff(request):
        raise unauthorized("this is not the staff key")


def unauthorized(detail: str) -> Problem:
    """Make the problem for a missing or wrong key or token."""
    return Problem(UNAUTHORIZED, detail, headers=CHALLENGE)


def client_networks(request: web.Request) -> Sequence[str]:
    """Return what limits per client count the caller as, as `networks_of` lists it."""
    peer = request.remote or "unknown"
    lines = request.headers.getall(hdrs.X_FORWARDED_FOR, None)
    if lines is None:
        return networks_of(peer)
    hops = [hop for line in lines for hop in line.split(",")]
    client = last_untrusted(peer, hops, request.app[TRUSTED_PROXIES])
    if client is None and request.app[UNREADABLE_HOPS].is_due(peer):
        log.warning("forwarded_for.not_readable", proxy=peer)
    return networks_of(client or peer)


def limited_client(request: web.Request) -> str | None:
    """Return the widest network that the caller counts as; None for staff, who are not limited."""
    return None if is_staff(request) else client_networks(request)[-1]
