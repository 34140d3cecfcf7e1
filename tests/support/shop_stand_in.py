"""A stand-in for a shop at the other end of a socket, which fails as a test says."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

MENU = {
    "currency": "USD",
    "items": [
        {
            "id": "latte",
            "sold_out": False,
            "allergens": [],
            "may_contain": [],
            "notes": "",
            "sizes": [{"id": "large", "name": "Large", "price": 450, "sold_out": False}],
            "modifiers": [{"id": "decaf", "name": "Decaf", "price": 0, "sold_out": False}],
        }
    ],
}

PLACED_AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


@dataclass
class StandIn:
    """Takes orders, which stay `placed` until `advance`, or go through `steps` by themselves."""

    url: str = ""
    staff_key: str = "the-staff-key"
    steps: tuple[str, ...] = ()
    refusals: list[web.Response] = field(default_factory=list)
    """Answers to the next orders, in place of taking them."""

    resets: int = 0
    """How many of the next orders are taken without an answer: the connection is reset."""

    doubles: bool = False
    """Whether an idempotency key is ignored."""

    takes_seconds: float = 0
    """How long it takes to take an order."""

    break_stream_after: int | None = None
    """The version of an order after whose announcement a stream ends, once."""

    refuses_streams: bool = False
    forgets: bool = False
    """Whether a stream cannot be resumed where it broke."""

    announcements: list[tuple[str, str]] = field(default_factory=list)
    """The order's id and the announcement, as it is streamed, of every change that was made."""

    redrives: list[dict[str, int]] = field(default_factory=list)
    """Answers to the next redrives of deliveries."""

    read_orders: list[str] = field(default_factory=list)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    last_event_ids: list[str | None] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    streaming: asyncio.Event = field(default_factory=asyncio.Event)
    refused: asyncio.Event = field(default_factory=asyncio.Event)

    def advance(self, order: dict[str, Any], state: str) -> None:
        at = (PLACED_AT + dt.timedelta(seconds=len(order["timeline"]))).isoformat()
        order |= {"state": state, "version": order["version"] + 1}
        order["timeline"].append({"state": state, "at": at})
        if state == "ready":
            order["ready_at"] = at
        self._announce(order)

    def _announce(self, order: dict[str, Any]) -> None:
        self.announcements.append((order["id"], _event(order)))
        self.changed.set()
        self.changed = asyncio.Event()

    async def place(self, request: web.Request) -> web.StreamResponse:
        body, key = await request.json(), request.headers["Idempotency-Key"]
        self.keys.append(key)
        if self.refusals:
            return self.refusals.pop(0)
        await asyncio.sleep(self.takes_seconds)
        order_id = key if not self.doubles else f"{key}-{len(self.keys)}"
        order = self.orders.get(order_id) or self.take(order_id, body)
        if self.resets > 0:
            self.resets -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(order, status=201)

    def take(self, order_id: str, body: dict[str, Any]) -> dict[str, Any]:
        at = PLACED_AT.isoformat()
        order = self.orders[order_id] = {
            "id": order_id,
            "number": f"{len(self.orders) + 1:03}",
            "state": "placed",
            "version": 1,
            "customer_name": body["customer_name"],
            "items": [{**item, "name": "Caffè latte"} for item in body["items"]],
            "currency": "USD",
            "total": 450,
            "tax": 0,
            "placed_at": at,
            "ready_at": None,
            "timeline": [{"state": "placed", "at": at}],
        }
        self._announce(order)
        for state in self.steps:
            self.advance(order, state)
        return order

    async def get(self, request: web.Request) -> web.StreamResponse:
        order = self.orders.get(request.match_info["id"])
        self.read_orders.append(request.match_info["id"])
        return web.json_response(order, status=200 if order else 404)

    async def listed(self, request: web.Request) -> web.StreamResponse:
        if not self._is_staff(request):
            return problem(401, "unauthorized", "Authentication is required")
        state, limit = request.query.get("state"), int(request.query["limit"])
        start = int(request.query.get("cursor", 0))
        newest = [o for o in reversed(self.orders.values()) if state in {None, o["state"]}]
        more = str(start + limit) if start + limit < len(newest) else None
        return web.json_response({"orders": newest[start : start + limit], "next_cursor": more})

    async def publish(self, request: web.Request) -> web.StreamResponse:
        self.keys.append(request.headers["Idempotency-Key"])
        if self.refusals:
            return self.refusals.pop(0)
        if self.resets > 0:
            self.resets -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"id": self.keys[-1]}, status=202)

    async def redrive(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(self.redrives.pop(0))

    def _is_staff(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self.staff_key}"

    async def events(self, request: web.Request) -> web.StreamResponse:
        order_id, last = request.query.get("order_id"), request.headers.get("Last-Event-ID")
        self.last_event_ids.append(last)
        if self.refuses_streams or (order_id is None and not self._is_staff(request)):
            self.refused.set()
            return problem(503 if self.refuses_streams else 401, "no-stream", "Not for you")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b": welcome\n\n")
        position = await self._start(last, response)
        self.streaming.set()
        while True:
            changed = self.changed
            for about, announcement in self.announcements[position:]:
                position += 1
                if order_id in {None, about}:
                    await response.write(announcement.encode())
                    if announcement.startswith(f"id: {about}:{self.break_stream_after}\n"):
                        self.break_stream_after = None
                        return response
            await changed.wait()

    async def _start(self, last: str | None, response: web.StreamResponse) -> int:
        if last is None:
            return len(self.announcements)
        if self.forgets:
            await response.write(b'event: reset\ndata: {"reason": "too-old"}\n\n')
            return len(self.announcements)
        found = [announcement.startswith(f"id: {last}\n") for _, announcement in self.announcements]
        return found.index(True) + 1


def _event(order: dict[str, Any]) -> str:
    order_id, version, entry = order["id"], order["version"], order["timeline"][-1]
    change = {
        "order_id": order_id,
        "number": order["number"],
        "version": version,
        "state": entry["state"],
    }
    kind = f"coffeeshop.order.{entry['state']}.v1"
    event = json.dumps({"time": entry["at"], "type": kind, "data": change})
    return f"id: {order_id}:{version}\ndata: {event}\n\n"


def problem(
    status: int, slug: str, title: str, retry_after: str = "", **more: object
) -> web.Response:
    body = {"type": f"/problems/{slug}", "title": title, "status": status, "detail": "…", **more}
    headers = {"Retry-After": retry_after} if retry_after else {}
    return web.json_response(
        body, status=status, headers=headers, content_type="application/problem+json"
    )


@contextlib.asynccontextmanager
async def stand_in() -> AsyncIterator[StandIn]:
    """Serve a stand-in on a port that was free."""
    shop = StandIn()
    app = web.Application()

    async def menu(_: web.Request) -> web.StreamResponse:
        return web.json_response(MENU)

    app.router.add_get("/menu", menu)
    app.router.add_post("/orders", shop.place)
    app.router.add_get("/orders", shop.listed)
    app.router.add_get("/orders/{id}", shop.get)
    app.router.add_get("/events", shop.events)
    app.router.add_post("/topics/{name}/messages", shop.publish)
    app.router.add_post("/subscriptions/dead-letters/redrive", shop.redrive)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        shop.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield shop
    finally:
        await runner.cleanup()
