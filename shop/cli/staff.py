"""How commands for staff speak to a shop."""

from __future__ import annotations

from http import HTTPStatus

import aiohttp

from shop.client.answers import ProblemError
from shop.client.connection import connect, staff_key


def connect_as_staff(url: str) -> aiohttp.ClientSession:
    """Make the client with the staff key; raises ProblemError when there is none."""
    key = staff_key(url)
    if key is None:
        line = "There is no staff key: set COFFEE_STAFF_KEY or COFFEE_STATE_DIR."
        raise ProblemError(HTTPStatus.UNAUTHORIZED, [line])
    return connect(url, key)
