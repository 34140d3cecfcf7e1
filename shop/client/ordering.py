"""Orders as they are typed, and placed once however often they are sent."""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass
from typing import Any

import aiohttp

from shop.client.answers import Json, content
from shop.client.retrier import Answered, Retrier

_ID = r"[a-z0-9][a-z0-9-]*"
_LINE = re.compile(
    rf"(?P<item>{_ID})(:(?P<size>{_ID}))?(?P<modifiers>(\+{_ID})*)(\*(?P<quantity>\d{{1,3}}))?"
)


def parse_order_line(text: str) -> dict[str, Any]:
    """Read `ITEM[:SIZE][+MODIFIER…][*QUANTITY]`; a size that is left out is None.

    Raises ValueError that shows how it is written.
    """
    match = _LINE.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(
            f"{text!r} should be ITEM[:SIZE][+MODIFIER…][*QUANTITY], "
            "as in espresso, flat-white:small or latte:large+oat-milk*2"
        )
    return {
        "item": match["item"],
        "size": match["size"],
        "modifiers": match["modifiers"].split("+")[1:],
        "quantity": int(match["quantity"] or 1),
    }


def with_size(line: Json, menu: Json) -> Json:
    """Fill in a size that was left out: the one in the middle of those that can be had.

    An item that is not on the menu gets none, and is left to the shop to refuse.
    """
    if line["size"] is not None:
        return line
    sizes = [
        size["id"]
        for item in menu["items"]
        if item["id"] == line["item"]
        for size in item["sizes"]
        if not size["sold_out"]
    ]
    return {**line, "size": sizes[(len(sizes) - 1) // 2] if sizes else "any"}


def line_summary(line: Json) -> str:
    """Describe a line of an order as baristas need it: with size, modifiers and note."""
    extras = "".join(f" + {modifier}" for modifier in line["modifiers"])
    note = f" ({line['note']})" if line.get("note") else ""
    return f"{line['quantity']} x {line['name']}, {line['size']}{extras}{note}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlacer:
    """Places orders; with a `limit`, only so many requests are under way at once."""

    http: aiohttp.ClientSession
    retrier: Retrier
    limit: asyncio.Semaphore | None = None

    async def place(self, order: Json, key: str) -> Answered:
        """Place `order` under an idempotency key; raises what `Retrier.send` raises."""

        async def send() -> Json:
            headers = {"Idempotency-Key": key}
            async with (
                self.limit or contextlib.nullcontext(),
                self.http.post("orders", json=order, headers=headers) as response,
            ):
                return await content(response)

        return await self.retrier.send(send)
