"""The connection to a shop: its address, our key, our timeouts."""

from __future__ import annotations

import ipaddress
import os
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

import aiohttp
from yarl import URL

from shared.web.listening import local_url
from shop.client.answers import ProblemError

CONNECT_SECONDS = 3.0
TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=CONNECT_SECONDS)
DEFAULT_PORT = 8080

OUT_OF_REACH = (aiohttp.ClientError, TimeoutError)
"""What a request raises when the shop does not answer it."""


def default_url() -> str:
    """Return the URL of this machine's shop: `COFFEE_URL`, else of `COFFEE_HOST` and its port."""
    port = os.environ.get("COFFEE_PORT", "").strip()
    # Kubernetes sets it to tcp://… for a service called coffee.
    number = int(port) if port.isdecimal() else DEFAULT_PORT
    return os.environ.get("COFFEE_URL") or local_url(os.environ.get("COFFEE_HOST", ""), number)


def staff_key(url: str) -> str | None:
    """Find the staff key: `COFFEE_STAFF_KEY`, else the one in the state folder.

    The folder's key is sent only to a shop on this machine.
    """
    if key := os.environ.get("COFFEE_STAFF_KEY"):
        return key
    if not _is_loopback(_address(url)):
        return None
    path = Path(os.environ.get("COFFEE_STATE_DIR") or "var") / "staff-key"
    try:
        return path.read_text().strip() or None
    except OSError:
        return None


def connect(url: str, key: str | None = None, connections: int = 10) -> aiohttp.ClientSession:
    """Make the client; paths are relative to `url`, and `key` is its bearer token.

    This machine is reached without a proxy. Raises aiohttp.InvalidURL when `url` is no address.
    """
    base = _address(url.rstrip("/") + "/")
    return aiohttp.ClientSession(
        base,
        connector=aiohttp.TCPConnector(limit=connections),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Authorization": f"Bearer {key}"} if key else {},
        timeout=TIMEOUT,
        trust_env=not _is_loopback(base),
    )


def connect_as_staff(url: str) -> aiohttp.ClientSession:
    """Make the client with the staff key; raises ProblemError when there is none."""
    missing = "There is no staff key: set COFFEE_STAFF_KEY or COFFEE_STATE_DIR."
    return connect_with(staff_key(url), url, missing)


def connect_with(key: str | None, url: str, missing: str) -> aiohttp.ClientSession:
    """Make the client with a key; raises ProblemError, which says `missing`, without one."""
    if key is None:
        raise ProblemError(HTTPStatus.UNAUTHORIZED, [missing])
    return connect(url, key)


def path(*steps: str) -> str:
    """Join steps that a person has typed to a path; a step with a slash stays one step."""
    return "/".join(quote(step, safe="") for step in steps)


def _address(url: str) -> URL:
    try:
        address = URL(url)
    except ValueError as error:
        raise aiohttp.InvalidURL(url) from error
    if address.scheme not in {"http", "https"} or not address.host:
        raise aiohttp.InvalidURL(url)
    return address


def _is_loopback(address: URL) -> bool:
    host = address.host or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
