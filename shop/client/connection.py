"""The connection to a shop: where it is, who we are, how long we wait for it."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path

import httpx

TIMEOUT = httpx.Timeout(15, connect=3)
DEFAULT_PORT = "8080"


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
    if not is_loopback(url):
        return None
    path = Path(os.environ.get("COFFEE_STATE_DIR") or "var") / "staff-key"
    try:
        return path.read_text().strip() or None
    except OSError:
        return None


def is_loopback(url: str) -> bool:
    """Tell whether `url` leads back to this machine."""
    host = httpx.URL(url).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def connect(url: str, key: str | None = None, connections: int = 10) -> httpx.AsyncClient:
    """Make the client; with `key` it speaks as staff. No proxy stands before this machine."""
    return httpx.AsyncClient(
        base_url=url,
        headers={"Authorization": f"Bearer {key}"} if key else {},
        timeout=TIMEOUT,
        limits=httpx.Limits(max_connections=connections),
        trust_env=not is_loopback(url),
    )
