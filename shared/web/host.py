"""The host names by which a server on loopback is called; a browser that uses others was misled.

By DNS rebinding a web page makes its own name an address of this machine, and is then of the same
origin as whatever listens there.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Set as AbstractSet
from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from shared.runtime.settings import WebSettings
from shared.web.problem import Problem, ProblemKind

MISDIRECTED = ProblemKind(
    "misdirected-request", HTTPStatus.MISDIRECTED_REQUEST, "The request is for another host"
)


def own_hosts(settings: WebSettings) -> frozenset[str] | None:
    """Return the names beside loopback's own, or None where any may be right.

    That is so where others than this machine can connect, and behind a proxy, unless the public
    URL is on loopback too: then the proxy is another process or container of this machine.
    """
    public = urlsplit(settings.public_url or "").hostname or ""
    listens_here = not settings.trusted_proxies and _is_loopback(settings.host)
    if not listens_here and not _is_loopback(public):
        return None
    return frozenset({settings.host.lower(), public})


def own_hosts_only(hosts: AbstractSet[str]) -> Middleware:
    """Make a middleware that refuses requests for other domain names than these and localhost."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = request.headers.get(hdrs.HOST)
        if host is not None and not _is_own(host, hosts):
            raise Problem(
                MISDIRECTED,
                "this shop serves its own machine alone, unless COFFEE_PUBLIC_URL is set",
            )
        return await handler(request)

    return check


def _is_own(host: str, hosts: AbstractSet[str]) -> bool:
    """Refuse only what can be rebound: a name of the public DNS has a dot, and is no address."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name in hosts or "." not in name.rstrip(".") or _is_address(name) or _is_loopback(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(name: str) -> bool:
    """Return whether a name is this machine's for every browser (RFC 6761, section 6.3)."""
    if name.lower() == "localhost" or name.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
