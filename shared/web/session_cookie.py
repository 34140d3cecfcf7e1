"""The cookie of a staff session: its value is the key, and only the shop's own pages can use it.

Browsers send cookies along with what other pages ask for, too. `SameSite=Strict` keeps those of
other sites from it, but not those of another port of this host, and a page with a name that was
rebound is refused in `shared/web/host.py`. So a request is believed only if the browser says that
it is the shop's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote, urlsplit

from aiohttp import hdrs, web

COOKIE = "coffee-staff"
SESSION_SECONDS = 12 * 3600
"""A day at the bar; a withdrawn key ends a session at once."""

_SAFE = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
_PORTS = {"http": 80, "https": 443}


def session_key(request: web.Request) -> str | None:
    """Read the key from the cookie of a request that one of the shop's own pages has made."""
    value = request.cookies.get(COOKIE)
    if not value or not is_own_pages(request.method, request.headers):
        return None
    return unquote(value)


def is_own_pages(method: str, headers: Mapping[str, str]) -> bool:
    """Return whether a browser says that a page of this origin asks, or the person who uses it.

    Browsers say so by Sec-Fetch-Site (Fetch Metadata, section 2.3), but over plain HTTP only on
    loopback. Where they do not, `Origin` decides. With GET they leave that out too for the page's
    own origin; then nothing can be changed, and a page of another origin cannot read the answer.
    """
    site = headers.get("Sec-Fetch-Site")
    if site == "none":  # typed, or a bookmark
        return method in _SAFE and headers.get("Sec-Fetch-Mode") == "navigate"
    if site is not None:
        return site == "same-origin"
    origin = headers.get(hdrs.ORIGIN)
    if origin is None:
        return method in _SAFE
    return _is_of_host(origin, headers.get(hdrs.HOST, ""))


def session_cookie(key: str, origin: str | None) -> str:
    """Make the Set-Cookie line (RFC 6265, section 4.1) that begins or renews a session.

    `Secure` where the page is under https, as `origin`, which the browser has sent, says: behind a
    proxy for TLS, we see plain HTTP.
    """
    secure = "; Secure" if (origin or "").startswith("https:") else ""
    return _cookie(quote(key, safe=""), SESSION_SECONDS) + secure


def ended_session() -> str:
    """Make the Set-Cookie line that removes the cookie."""
    return _cookie("", 0)


def _cookie(value: str, seconds: int) -> str:
    return f"{COOKIE}={value}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Strict"


def _is_of_host(origin: str, host: str) -> bool:
    """Compare name and port; the scheme is not known behind a proxy for TLS."""
    try:
        page, ours = urlsplit(origin), urlsplit(f"//{host}")
        ports = (page.port, ours.port)
    except ValueError:
        return False
    of_page, of_ours = (port or _PORTS.get(page.scheme) for port in ports)
    return bool(page.hostname) and page.hostname == ours.hostname and of_page == of_ours
