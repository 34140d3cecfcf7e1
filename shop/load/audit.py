"""Reads the shop's own list of orders after a load, and finds orders that are stored twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection

import aiohttp

from shop.client.answers import Json, content

PAGE = 100


async def stored_twice(http: aiohttp.ClientSession, run: str, acknowledged: Collection[str]) -> int:
    """Count the orders of a run whose customer name another one has too. Staff only."""
    names = Counter([o["customer_name"] async for o in _orders(http, run, set(acknowledged))])
    return names.total() - len(names)


async def _orders(http: aiohttp.ClientSession, run: str, unseen: set[str]) -> AsyncIterator[Json]:
    """List the orders of a run, newest first, back to a page from before it began."""
    query: dict[str, str | int] = {"limit": PAGE}
    while True:
        async with http.get("orders", params=query) as response:
            page = await content(response)
        of_this_run = [o for o in page["orders"] if o["customer_name"].startswith(f"Load {run} ")]
        for order in of_this_run:
            unseen.discard(order["id"])
            yield order
        if page["next_cursor"] is None or not (unseen or of_this_run):
            return
        query["cursor"] = page["next_cursor"]
