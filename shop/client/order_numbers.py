"""Orders by what a person calls them: their number on the board, or their id."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator, Collection
from http import HTTPStatus

import aiohttp

from shop.client.answers import Json, ProblemError, content
from shop.client.connection import path

NUMBER = re.compile(r"\d{1,6}")
"""An order's number, which no order's id looks like."""

_MOST_LISTED = 100
_DAYS = 3
"""How far back a number is looked for: before that it is of a business day that is over."""


async def find_order(http: aiohttp.ClientSession, typed: str, states: Collection[str]) -> Json:
    """Find the order of an id; or the newest of a number that is in one of these states.

    Raises ProblemError when there is none.
    """
    if not NUMBER.fullmatch(typed):
        async with http.get(path("orders", typed)) as response:
            return await content(response)
    async for order in _latest(http):
        if int(order["number"]) == int(typed) and order["state"] in states:
            return order
    lines = [f"No order {typed} of the last {_DAYS} days is {' or '.join(states)}."]
    raise ProblemError(HTTPStatus.NOT_FOUND, lines)


async def _latest(http: aiohttp.ClientSession) -> AsyncIterator[Json]:
    """List the orders of the shop's last days, the newest first."""
    query: dict[str, str | int] = {"limit": _MOST_LISTED}
    since = dt.datetime.min.replace(tzinfo=dt.UTC)
    while True:
        async with http.get("orders", params=query) as response:
            page = await content(response)
        for order in page["orders"]:
            placed_at = dt.datetime.fromisoformat(order["placed_at"])
            if placed_at < since:
                return
            since = max(since, placed_at - dt.timedelta(days=_DAYS))
            yield order
        if page["next_cursor"] is None:
            return
        query["cursor"] = page["next_cursor"]
