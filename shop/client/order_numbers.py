"""Orders by what a person calls them: their number on the board, or their id."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus

import aiohttp

from shop.client.answers import Json, ProblemError, content
from shop.client.connection import path

NUMBER = re.compile(r"\d{1,6}")
"""An order's number, which no order's id looks like."""

_MOST_LISTED = 100


async def find_order(http: aiohttp.ClientSession, typed: str, states: Iterable[str]) -> Json:
    """Find the order of an id; or the newest of a number that is in one of these states.

    Raises ProblemError when there is none.
    """
    if not NUMBER.fullmatch(typed):
        async with http.get(path("orders", typed)) as response:
            return await content(response)
    wanted = [*states]
    for state in wanted:
        query: dict[str, str | int] = {"state": state, "limit": _MOST_LISTED}
        async with http.get("orders", params=query) as response:
            listed = (await content(response))["orders"]
        for order in listed:
            if int(order["number"]) == int(typed):
                return dict(order)
    lines = [f"No order {typed} is {' or '.join(wanted)}."]
    raise ProblemError(HTTPStatus.NOT_FOUND, lines)
