"""The connection to a shop: its address, our key, our timeouts."""

from __future__ import annotations

import contextlib
import ipaddress
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
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

_KEY_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


def default_url() -> str:
    """Return the URL of this machine's shop: `COFFEE_URL`, else of `COFFEE_HOST` and its port."""
    port = os.environ.get("COFFEE_PORT", "").strip()
    # Kubernetes sets it to tcp://… for a service called coffee.
    number = int(port) if port.isdecimal() else DEFAULT_PORT
    return os.environ.get("COFFEE_URL") or local_url(os.environ.get("COFFEE_HOST", ""), number)


@dataclass(frozen=True, slots=True)
class StaffKey:
    """The staff key, and where it was found."""

    value: str
    origin: str


def find_staff_key(url: str) -> StaffKey | None:
    """Find the staff key: `COFFEE_STAFF_KEY`, else the one in the state folder.

    The folder's key is sent only to a shop on this machine.
    """
    if key := os.environ.get("COFFEE_STAFF_KEY"):
        return StaffKey(key, "COFFEE_STAFF_KEY")
    if not _is_loopback(_address(url)):
        return None
    path = Path(os.environ.get("COFFEE_STATE_DIR") or "var") / "staff-key"
    try:
        key = path.read_text().strip()
    except OSError:
        return None
    return StaffKey(key, str(path)) if key else None


def staff_key(url: str) -> str | None:
    """Find the staff key as `find_staff_key` does, for what also works without."""
    found = find_staff_key(url)
    return None if found is None else found.value


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


@contextlib.asynccontextmanager
async def connect_as_staff(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    """Give the client with the staff key.

    Raises ProblemError when there is none; when the shop refuses it, its origin is added.
    """
    key = find_staff_key(url)
    missing = (
        "There is no staff key: set COFFEE_STAFF_KEY, or COFFEE_STATE_DIR to the shop's folder."
    )
    try:
        async with connect_with(key.value if key else None, url, missing) as http:
            yield http
    except ProblemError as problem:
        if key is not None and problem.status in _KEY_REFUSED:
            problem.lines.append(f"The staff key was read from {key.origin}.")
        raise


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
