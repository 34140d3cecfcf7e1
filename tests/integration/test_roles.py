"""Who may call which operation: the whole table of the counter, over HTTP, by each kind of key.

Each key is shown in both ways: in `Authorization`, and by the cookie of a session.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from notifier.app import notifier_service
from producer.app import cashier_service
from shared.web.application import create_app
from shared.web.operation import Operation
from shared.web.service import OPERATIONS
from shared.web.session_cookie import COOKIE
from tests.support.cashier import provisioned_shop
from tests.support.cashier import settings_for as cashier_settings
from tests.support.notifier import settings_for as notifier_settings
from tests.support.web import AS_STAFF, STAFF_KEY, Serving, served

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHO_MAY = {
    "no wrong key": """
        POST /orders/{id}/cancel
    """,
    "anyone": """
        POST /orders
        GET /orders/{id}
        GET /board/orders
        GET /menu
        GET /shop
        GET /topics
        POST /topics/{name}/subscriptions
        POST /subscriptions/{id}/confirm
        PUT /newsletters/mailbox
        GET /events
        DELETE /staff/session
        GET /asyncapi.json
        GET /healthz
        GET /readyz
        GET /metrics
        GET /openapi.json
    """,
    "subscriber": """
        GET /subscriptions/{id}
        DELETE /subscriptions/{id}
        POST /subscriptions/{id}/resume
        POST /subscriptions/{id}/secret
        POST /subscriptions/{id}/deliveries/{delivery_id}/redeliver
    """,
    "who has the link in a mail": """
        GET /unsubscribe
        POST /unsubscribe
        GET /subscriptions/{id}/confirm
        GET /newsletters/mailbox
        DELETE /newsletters/mailbox
    """,
    "barista": """
        GET /orders
        POST /orders/{id}/complete
        POST /orders/{id}/release
        POST /orders/{id}/collect
        POST /orders/{id}/call
        POST /orders/{id}/remake
        GET /kitchen
        PUT /menu/items/{id}
        PUT /menu/modifiers/{id}
        GET /menu/document
        POST /menu/items/{id}/photo
        GET /menu/items/{id}/photo
        DELETE /menu/items/{id}/photo
        GET /menu/photos
        PUT /shop
        GET /shop/settings
        GET /shop/hours
        PUT /staff/session
        GET /staff/session
    """,
    "manager": """
        GET /dead-letters
        GET /dead-letters/{id}
        POST /dead-letters/redrive
        DELETE /dead-letters
        POST /customers/forget
        POST /menu/items/{id}/photo/consent
        PUT /menu/document
        GET /menu/versions
        POST /menu/versions/{version}/restore
        GET /reports/day
        GET /operations
        GET /staff-keys
        POST /staff-keys
        DELETE /staff-keys/{id}
        GET /shop/changes
        PUT /shop/settings
        PUT /shop/hours
        PUT /topics/{name}
        POST /topics/{name}/messages
        GET /topics/{name}/messages
        DELETE /topics/{name}/messages/{id}
        GET /topics/{name}/messages/{id}/report
        POST /topics/{name}/proofs
        POST /topics/{name}/proofs/mail
        GET /subscriptions/attempts
        GET /subscriptions/dead-letters
        POST /subscriptions/dead-letters/redrive
        POST /subscriptions/forget
    """,
}
"""Decided by hand: an operation that is in none of the lists fails the tests."""

LETS_IN = {
    "no key": {"anyone", "no wrong key"},
    "wrong key": {"anyone"},
    "barista": {"anyone", "no wrong key", "barista"},
    "manager": {"anyone", "no wrong key", "barista", "manager", "subscriber"},
    "owner": {"anyone", "no wrong key", "barista", "manager", "subscriber"},
}
"""What each key opens; no request here has the token of a subscription, or of a link."""


@dataclass(frozen=True)
class Counter:
    """A counter with its operations, a subscription of somebody's, and the headers of each key."""

    http: aiohttp.ClientSession
    operations: list[Operation]
    subscription: str
    headers: Mapping[str, Mapping[str, str]]

    def shown(self, key: str, way: str) -> Mapping[str, str]:
        """Make the headers that show a key, as a client or as a page of the shop sends them."""
        if way == "by Authorization" or key == "no key":
            return self.headers[key]
        value = self.headers[key]["Authorization"].removeprefix("Bearer ")
        return {"Cookie": f"{COOKIE}={value}", "Sec-Fetch-Site": "same-origin"}

    async def status(self, operation: Operation, key: str, way: str) -> int:
        path = operation.path.replace("/subscriptions/{id}", f"/subscriptions/{self.subscription}")
        path = re.sub(r"{\w+[^}]*}", "1a7e", path)
        async with self.http.request(
            operation.method, path, headers=self.shown(key, way), allow_redirects=False
        ) as response:
            return response.status


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def counter(
    ministack: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Counter]:
    state_dir: Path = tmp_path_factory.mktemp("shop")
    settings = cashier_settings(ministack, state_dir)
    for_notifier = notifier_settings(
        ministack, name_prefix=settings.name_prefix, state_dir=state_dir
    )
    async with provisioned_shop(settings):
        services = [cashier_service(settings), notifier_service(for_notifier)]
        app = create_app(services, title="A counter", staff_key=STAFF_KEY)
        async with served(app) as shop, aiohttp.ClientSession(shop.url) as http:
            yield await _opened(shop, http)


async def _opened(shop: Serving, http: aiohttp.ClientSession) -> Counter:
    headers: dict[str, Mapping[str, str]] = {
        "no key": {},
        "wrong key": {"Authorization": "Bearer a-key-that-nobody-has"},
        "owner": AS_STAFF,
    }
    for role in ("barista", "manager"):
        body = {"name": f"the {role}", "role": role}
        async with http.post("/staff-keys", json=body, headers=AS_STAFF) as response:
            assert response.status == 201
            headers[role] = {"Authorization": f"Bearer {(await response.json())['key']}"}
    hook = {"channel": "webhook", "url": "https://ada.example/hook"}
    async with http.post("/topics/coupons/subscriptions", json=hook) as response:
        assert response.status == 201
        subscription = (await response.json())["id"]
    return Counter(http, [*shop.app[OPERATIONS]], subscription, headers)


def decided() -> dict[str, str]:
    return {line.strip(): who for who, lines in WHO_MAY.items() for line in lines.split("\n")}


def named(operation: Operation) -> str:
    path = re.sub(r"{(\w+)[^}]*}", r"{\1}", operation.path)
    return f"{operation.method} {path}"


async def test_somebody_has_decided_who_may_call_each_operation(counter: Counter) -> None:
    operations = {named(one) for one in counter.operations if one.documented}
    assert operations == decided().keys() - {""}
    assert {one.role for one in counter.operations if not one.documented} <= {"anyone", "holder"}


@pytest.mark.parametrize("way", ["by Authorization", "by cookie"])
@pytest.mark.parametrize("key", LETS_IN)
async def test_each_key_opens_what_it_is_good_for_and_nothing_else(
    counter: Counter, key: str, way: str
) -> None:
    expected, found = {}, {}
    for operation in counter.operations:
        name = named(operation)
        who = decided().get(name, "anyone")
        status = await counter.status(operation, key, way)
        is_known = key in {"barista", "manager", "owner"} and "link" not in who
        refusal = 403 if is_known else 401
        expected[name] = "in" if who in LETS_IN[key] else refusal
        found[name] = status if status in {401, 403} else "in"
    assert found == expected
