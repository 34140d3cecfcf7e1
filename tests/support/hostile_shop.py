"""A shop whose every text is one that a terminal would obey, or one too long for it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

OBEYED = (
    "\x1b[31mred\x1b[0m \x1b[2J \x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\"
    " \x1b]0;title\x07"
    " \x9b2J \x08\x7f\r \u202eevil\u202c \u2066x\u2069 \u200b\ufeff \u2028\u2029 \U000e0041"
    " [red]b[/red] [link=http://evil.example]c[/link] :cd: \ud800"
)
"""Styles, a link (OSC 8), a title, a C1 control, bidirectional controls, tags, a lone surrogate;
and what rich would take for markup and for an emoji."""

WIDE = "カフェラテ☕コーヒー豆" * 12
TEXT = f"{OBEYED} {WIDE}"

ORDER_ID = "rjqiebn3nlpmskscwlj3sk4eua"
UUID = "0f1d8e0c-5f0e-4c6c-9c58-7a4b7f1f2d11"
HEX_ID = "de83bdabfb3dd80d4cbbff8628682a05"
AT = "2026-11-20T09:30:00.000Z"
TOPIC = "a" * 63

ORDER: dict[str, Any] = {
    "id": ORDER_ID,
    "number": "042",
    "state": "ready",
    "version": 3,
    "attempt": 1,
    "customer_name": TEXT,
    "items": [
        {
            "item": "latte",
            "name": TEXT,
            "size": "large",
            "modifiers": ["oat-milk", TEXT],
            "quantity": 2,
            "note": TEXT,
        }
    ],
    "currency": "USD",
    "total": 123456789,
    "tax": 98765432,
    "placed_at": AT,
    "estimate": None,
    "timeline": [{"state": state, "at": AT} for state in ("placed", "preparing", "ready")],
}
DEAD_LETTER = {
    "id": UUID,
    "order_number": "042",
    "order_state": "preparing",
    "age_seconds": 7000,
    "attempts": 12,
    "reason": TEXT,
    "body": TEXT,
    "body_excerpt": TEXT,
    "order_id": ORDER_ID,
}
DEAD_DELIVERY = {
    "id": UUID,
    "topic": TOPIC,
    "type": TEXT,
    "attempts": 9,
    "reason": TEXT,
    "subscription_id": HEX_ID,
    "delivery_id": HEX_ID,
}
DELIVERY = {
    "id": HEX_ID,
    "event_id": TEXT,
    "type": TEXT,
    "state": "delivered",
    "attempts": 3,
    "due_at": AT,
    "tried_at": AT,
    "error": TEXT,
}
SUBSCRIPTION = {
    "id": HEX_ID,
    "topic": TOPIC,
    "channel": "webhook",
    "state": "paused",
    "target": TEXT,
    "filter": {"type": [TEXT], "order_id": [ORDER_ID]},
    "created_at": AT,
    "since": AT,
    "notice": TEXT,
    "failures": 3,
    "deliveries": [DELIVERY],
    "manage_token": HEX_ID,
    "secret": HEX_ID,
}
CHOICE = {"id": "x" * 40, "name": TEXT, "price": 1_000_000, "sold_out": True}
MENU = {
    "currency": "USD",
    "items": [
        {
            "id": "latte",
            "name": TEXT,
            "sold_out": True,
            "sizes": [CHOICE] * 3,
            "modifiers": [CHOICE | {"allergens": [TEXT], "may_contain": [TEXT], "replaces": [TEXT]}]
            * 5,
            "allergens": [TEXT],
            "may_contain": [TEXT],
            "notes": TEXT,
        }
    ],
}
STAFF_KEY = {"id": HEX_ID, "name": TEXT, "role": "manager", "created_at": AT, "created_by": TEXT}
CHANGE = {"id": HEX_ID, "at": AT, "by": TEXT, "what": "dead-letters", "detail": TEXT}
PHOTO = {
    "item_id": "x" * 40,
    "state": "waiting",
    "reason": TEXT,
    "needs_consent": True,
    "photo": {"width": 65535, "height": 65535},
    "analysis": {
        "size": 20_971_520,
        "same_as": ["x" * 40] * 3,
        "flags": [TEXT],
        "labels": [TEXT] * 5,
    },
}
MENU_VERSIONS = {"versions": [{"version": 123456, "at": AT, "by": TEXT, "changes": TEXT}] * 2}
KITCHEN_ORDER = {
    **ORDER,
    "attempt": 7,
    "in_hand": False,
    "since": AT,
    "remake_of": UUID,
    "remake_for": TEXT,
}
SHOP = {"state": "paused", "reason": TEXT, "until": AT, "timezone": TEXT}
HOURS = {
    "weekdays": {"monday": [["07:30", "12:00"]] * 4, "sunday": [["07:30", TEXT]]},
    "exceptions": {"2026-12-24": [], "2026-12-31": [["18:00", "03:00"]]},
}
SETTINGS = {
    "name": TEXT,
    "address": TEXT,
    "languages": ["de", "en"],
    "cancel_reasons": [TEXT] * 3,
    "ready_shown_minutes": 1440,
    "kitchen_warn_minutes": 1440,
    "kitchen_late_minutes": 1440,
}
SUMS = {"net": 123456789, "tax": 123456789, "gross": 123456789}
REPORT = {
    "date": "2026-11-20",
    "timezone": TEXT,
    "currency": "USD",
    "ended": True,
    "complete": False,
    "orders": 123456,
    "sold": 123456,
    "remakes": 123456,
    "states": dict.fromkeys(
        ("placed", "preparing", "ready", "collected", "canceled", "failed", "expired"), 123456
    ),
    "hours": [
        {"begins": f"2026-11-21T02:00:00{offset}", "orders": 123456}
        for offset in ("+02:00", "+01:00")
    ],
    "items": [
        {
            "name": TEXT,
            "size": TEXT,
            "size_name": TEXT,
            "quantity": 123456,
            "revenue": 123456789,
        }
    ],
    "revenue": {**SUMS, "rates": [{"rate": "8.875", **SUMS}, {"rate": TEXT, **SUMS}]},
    "waits": {"median_seconds": 123456, "p90_seconds": 1.5, "promised": 123456, "kept": 123456},
    "cancels": [{"reason": TEXT, "count": 123456}, {"reason": None, "count": 7}],
}
ANSWERS: dict[tuple[str, str], Any] = {
    ("GET", "/menu"): MENU,
    ("GET", "/menu/versions"): MENU_VERSIONS,
    ("GET", "/menu/photos"): {"photos": [PHOTO, PHOTO]},
    ("PUT", "/menu/items/{id}"): MENU["items"][0],
    ("GET", "/shop"): SHOP,
    ("PUT", "/shop"): SHOP,
    ("GET", "/shop/hours"): HOURS,
    ("GET", "/shop/settings"): SETTINGS,
    ("POST", "/orders"): ORDER,
    ("GET", "/orders"): {"orders": [ORDER, ORDER], "next_cursor": None},
    ("GET", "/orders/{id}"): ORDER,
    ("POST", "/orders/{id}/collect"): ORDER,
    ("POST", "/orders/{id}/complete"): ORDER,
    ("POST", "/orders/{id}/release"): ORDER,
    ("POST", "/orders/{id}/remake"): ORDER,
    ("GET", "/kitchen"): {"orders": [KITCHEN_ORDER], "more": False},
    ("GET", "/dead-letters"): {"dead_letters": [DEAD_LETTER], "total": 1},
    ("GET", "/dead-letters/{id}"): DEAD_LETTER,
    ("POST", "/dead-letters/redrive"): {
        "redriven": [],
        "refused": [{"id": UUID, "reason": TEXT}],
        "left": 1,
    },
    ("GET", "/topics"): {"topics": [{"name": TOPIC, "description": TEXT, "subscribers": 123456}]},
    ("POST", "/topics/{name}/subscriptions"): SUBSCRIPTION,
    ("POST", "/topics/{name}/messages"): {"id": UUID},
    ("GET", "/staff-keys"): {"keys": [STAFF_KEY]},
    ("POST", "/staff-keys"): {**STAFF_KEY, "key": TOPIC},
    ("GET", "/reports/day"): REPORT,
    ("GET", "/shop/changes"): {"changes": [CHANGE], "next_cursor": None},
    ("GET", "/subscriptions/dead-letters"): {"dead_letters": [DEAD_DELIVERY], "total": 2},
    ("GET", "/subscriptions/{id}"): SUBSCRIPTION,
}
PROBLEM = {
    "type": "/problems/x",
    "title": TEXT,
    "status": 409,
    "detail": TEXT,
    "errors": [{"pointer": TEXT, "detail": TEXT}],
}


def _answering(value: Any) -> Any:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=json.dumps(value).encode(), content_type="application/json")

    return answer


async def _refuse(_: web.Request) -> web.Response:
    return web.Response(
        body=json.dumps(PROBLEM).encode(), status=409, content_type="application/problem+json"
    )


@contextlib.asynccontextmanager
async def hostile_shop() -> AsyncIterator[str]:
    """Serve it; give its URL."""
    app = web.Application()
    for (method, path), value in ANSWERS.items():
        app.router.add_route(method, path, _answering(value))
    app.router.add_post("/orders/{id}/cancel", _refuse)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
