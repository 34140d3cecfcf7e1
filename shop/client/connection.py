"""The connection to a shop: where it is, who we are, how long we wait for it."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from urllib.parse import quote

import aiohttp
from yarl import URL

CONNECT_SECONDS = 3.0
TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=CONNECT_SECONDS)
DEFAULT_PORT = "8080"

OUT_OF_REACH = (aiohttp.ClientError, TimeoutError)
"""What a request raises when the shop does not answer it."""


def default_url() -> str:
    """The shop of this machine: `COFFEE_URL`, else the port that `coffeeshop run` would take."""
    port = os.environ.get("COFFEE_PORT") or DEFAULT_PORT
    return os.environ.get("COFFEE_URL") or f"http://127.0.0.1:{port}"


def staff_key(url: str) -> str | None:
    """Find the staff key: `COFFEE_STAFF_KEY`, else the one in the state folder.

    The folder's key is for the shop on this machine, and is shown to no other.
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
    """Make the client; paths are relative to `url`. With `key` it speaks as staff.

    No proxy stands before this machine. Raises aiohttp.InvalidURL when `url` is no address.
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


def path(*steps: str) -> str:
    """Make a path of steps that a person has typed: none of them can become two."""
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
    """Tell whether an address leads back to this machine."""
    host = address.host or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
