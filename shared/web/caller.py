"""Who the caller is: by the key or token that the request shows, and by the network address."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import structlog
from aiohttp import hdrs, web

from shared.domain.change import Change, Changed
from shared.domain.errors import UnavailableError
from shared.domain.staff import StaffKey, StaffRole
from shared.runtime.log_limit import LogLimit
from shared.web.client_address import Network, last_untrusted, networks_of
from shared.web.headers import SET_COOKIE
from shared.web.key_guard import KEY_GUARD
from shared.web.known_keys import KNOWN_KEYS
from shared.web.operation import OPERATION, Role
from shared.web.problem import FORBIDDEN, UNAUTHORIZED, UNAVAILABLE, Problem
from shared.web.session_cookie import ended_session, session_key

_RETRY_SECONDS = 1
_LOOK_SECONDS = 2
"""How often it is looked up whether a key is still good that opened a stream."""

CALLER: web.RequestKey[StaffKey] = web.RequestKey("CALLER", StaffKey)
"""Whose key the caller has shown; absent where it is nobody's."""

REFUSAL: web.RequestKey[Problem] = web.RequestKey("REFUSAL", Problem)
"""Why the key that the caller has shown was not looked up."""

WRONG_KEY: web.RequestKey[bool] = web.RequestKey("WRONG_KEY", bool)
"""Set once the request's wrong key is counted."""

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


def shown_key(request: web.Request) -> str | None:
    """Read the key or token that the caller shows: in `Authorization`, or else by the cookie."""
    token = bearer_token(request)
    if token is None and hdrs.COOKIE in request.headers:
        return session_key(request)
    return token


async def identify(request: web.Request) -> None:
    """Look up whose key the caller shows, once in a request, before its handler asks.

    A wrong one is counted, except where it may be the token of a resource: there the handler
    looks it up, and counts it. A session with a wrong key ends.
    """
    token = shown_key(request)
    if token is None or CALLER in request or REFUSAL in request:
        return
    try:
        request.app[KEY_GUARD].check(client_networks(request))
        found = await request.app[KNOWN_KEYS].holder(token)
    except Problem as refusal:
        request[REFUSAL] = refusal
    except UnavailableError as error:
        count_wrong_key(request)  # the owner's key could be guessed meanwhile
        request[REFUSAL] = Problem(UNAVAILABLE, str(error), retry_after=_RETRY_SECONDS)
    else:
        if found is not None:
            request[CALLER] = found
            structlog.contextvars.bind_contextvars(staff=found.name)
        else:
            _refuse(request)


def _refuse(request: web.Request) -> None:
    if bearer_token(request) is None:
        request[SET_COOKIE] = ended_session()
        count_wrong_key(request)
    elif (operation := request.get(OPERATION)) and operation.role is not Role.SUBSCRIBER:
        count_wrong_key(request)


def caller(request: web.Request) -> StaffKey | None:
    """Return whose staff key the caller has shown; None where there is none, or it is wrong.

    Raises a Problem of kind TOO_MANY_REQUESTS after too many wrong keys, and of kind UNAVAILABLE
    when the keys cannot be read.
    """
    if REFUSAL in request:
        raise request[REFUSAL]
    return request.get(CALLER)


def is_staff(request: web.Request) -> bool:
    """Return whether the caller has shown a staff key; raises what `caller` raises."""
    return caller(request) is not None


def count_wrong_key(request: web.Request) -> None:
    """Count that the caller has shown a key or token that is none of ours, once in a request."""
    if WRONG_KEY not in request:
        request[WRONG_KEY] = True
        request.app[KEY_GUARD].record(client_networks(request))


def require_staff(request: web.Request, role: StaffRole = StaffRole.BARISTA) -> StaffKey:
    """Return whose staff key the caller has shown; a manager's is good for every role.

    Raises a Problem of kind UNAUTHORIZED without one, of kind FORBIDDEN if it is not of that role.
    """
    if shown_key(request) is None:
        raise unauthorized(
            "this is for staff: send a staff key as Authorization: Bearer, or sign in"
        )
    key = caller(request)
    if key is None:
        raise unauthorized("this is not a staff key")
    if key.role not in {role, StaffRole.MANAGER}:
        raise Problem(FORBIDDEN, f"this takes a {role}'s key, and this one is a {key.role}'s")
    return key


async def until_withdrawn(request: web.Request) -> None:
    """Return once the staff key that the caller has shown is good for nothing any more.

    While the keys cannot be read, none can be withdrawn.
    """
    key = caller(request)
    while key is not None:
        await asyncio.sleep(_LOOK_SECONDS)
        with contextlib.suppress(UnavailableError):
            key = await request.app[KNOWN_KEYS].holder(shown_key(request) or "")


def change_by(request: web.Request, at: dt.datetime, what: Changed, detail: str) -> Change:
    """Make the record of what the caller, who has shown a staff key, changes."""
    return Change(at, require_staff(request).name, what, detail)


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
