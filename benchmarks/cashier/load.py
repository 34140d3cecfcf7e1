"""`python -m benchmarks.cashier.load URL SECONDS CUSTOMERS RATE`: places orders, times the answers.

Each customer has a connection, and places one order at a time. Writes a JSON object: the `orders`
that were placed, the `seconds` that took, and the `milliseconds` of each, from when it was due.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from benchmarks.cashier.http import Message, Messages

ORDER = {
    "customer_name": "Ada",
    "items": [
        {"item": "latte", "size": "large", "modifiers": ["oat-milk"], "quantity": 2},
        {"item": "espresso", "size": "double", "modifiers": [], "quantity": 1, "note": "hot"},
    ],
}
_BODY = json.dumps(ORDER).encode()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a load."""

    orders: int
    seconds: float
    milliseconds: list[float]


class Customer(asyncio.Protocol):
    """One connection that is kept: places one order after the other."""

    def __init__(self) -> None:
        self._messages = Messages()
        self._answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to the shop."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Pass on the answer when it is complete."""
        for answer in self._messages.feed(data):
            self._answer.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the order that waits."""
        if not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the shop hung up"))

    async def place(self) -> None:
        """Place an order under a key of its own; raises RuntimeError when it is refused."""
        self._answer = asyncio.get_running_loop().create_future()
        if isinstance(self._transport, asyncio.WriteTransport):
            self._transport.write(
                b"POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                b"Idempotency-Key: %b\r\nContent-Length: %d\r\n\r\n%b"
                % (str(uuid.uuid4()).encode(), len(_BODY), _BODY)
            )
        answer = await self._answer
        if not answer.head.startswith(b"HTTP/1.1 201"):
            raise RuntimeError(f"an order was refused: {answer.head!r} {answer.body!r}")


def due_times(rate: float, began: float, seconds: float) -> Iterator[float]:
    """Give when each order is due: `rate` of them a second, or, if that is 0, always now."""
    for number in itertools.count():
        due = began + number / rate if rate else time.monotonic()
        if due >= began + seconds:
            return
        yield due


async def place_orders(url: str, seconds: float, customers: int, rate: float) -> Loaded:
    """Place orders at a rate, each customer one at a time."""
    address = urlsplit(url)
    loop, took = asyncio.get_running_loop(), list[float]()
    began = time.monotonic()
    dues = due_times(rate, began, seconds)

    async def place_in_turn() -> None:
        _, customer = await loop.create_connection(
            Customer, address.hostname or "", address.port or 80
        )
        for due in dues:
            if (wait := due - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            await customer.place()
            took.append((time.monotonic() - due) * 1000)

    await asyncio.gather(*(place_in_turn() for _ in range(customers)))
    return Loaded(len(took), time.monotonic() - began, took)


def main() -> None:
    """Place orders, and write what came of it."""
    url, seconds, customers, rate = sys.argv[1:]
    loaded = asyncio.run(place_orders(url, float(seconds), int(customers), float(rate)))
    print(json.dumps(asdict(loaded)))  # noqa: T201 - it is read by the benchmark


if __name__ == "__main__":
    main()
