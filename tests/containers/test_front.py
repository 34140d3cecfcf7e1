"""nginx before the services: routes by path, passes client addresses on, does not buffer."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest
from yarl import URL

from shop.client.live_stream import LiveStream
from tests.support.containers import ORDERS_PER_MINUTE, ContainerShop, orders_of, place
from tests.support.web import said_to

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *((path, 200) for path in ("/", "/menu", "/topics", "/newsletters", "/docs")),
        *(
            (path, 404)
            for path in ("/metrics", "/readyz", "/no/such/path", "/topics-of-conversation")
        ),
    ],
)
async def test_each_path_leads_to_the_service_that_owns_it(
    shop: ContainerShop, path: str, status: int
) -> None:
    async with aiohttp.ClientSession(shop.url) as http, http.get(path) as response:
        assert response.status == status
        assert response.headers["X-Correlation-ID"]


async def test_each_service_has_its_document_and_page(shop: ContainerShop) -> None:
    async with aiohttp.ClientSession(shop.url) as http:
        for prefix, own in (("", "/menu"), ("/notifier", "/topics")):
            async with http.get(f"{prefix}/openapi.json") as response:
                assert own in (await response.json())["paths"]
            async with http.get(f"{prefix}/docs") as response:
                assert response.ok


async def test_a_name_that_a_page_rebound_to_this_machine_is_refused(shop: ContainerShop) -> None:
    async with aiohttp.ClientSession(shop.url, headers={"Host": "evil.example"}) as http:
        for path in ("/board/orders", "/topics"):
            async with http.get(path) as response:
                assert response.status == 421
                assert (await response.json())["type"] == "/problems/misdirected-request"


@pytest.mark.parametrize("kibibytes", [65, 200, 300, 900])
async def test_a_body_that_is_too_long_gets_the_same_answer_from_nginx_and_the_service(
    shop: ContainerShop, kibibytes: int
) -> None:
    headers = {"Content-Type": "application/json"}
    body = b"x" * kibibytes * 1024
    async with (
        aiohttp.ClientSession(shop.url, headers=headers) as http,
        http.post("/orders", data=body) as response,
    ):
        assert response.status == 413
        assert response.content_type == "application/problem+json"
        assert (await response.json(content_type=None))["type"] == "/problems/content-too-large"


ORDERING = b"POST /orders HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    ("sent", "status", "kind"),
    [
        (b"no HTTP at all\r\n\r\n", 400, "invalid-request"),
        (b"GET / HTTP/2.0\r\nHost: shop\r\n\r\n", 400, "invalid-request"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "invalid-request"),
        (b"CONNECT shop:1 HTTP/1.1\r\nHost: shop\r\n\r\n", 400, "invalid-request"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "invalid-request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "invalid-request"),
        (b"GET /%00 HTTP/1.1\r\nHost: shop\r\n\r\n", 400, "invalid-request"),
        (ORDERING + b"Transfer-Encoding: gzip\r\n\r\n", 400, "invalid-request"),
        (ORDERING + b"Content-Length: -1\r\n\r\n", 400, "invalid-request"),
        (ORDERING + b"Transfer-Encoding: chunked\r\n\r\nno size\r\n", 400, "invalid-request"),
        (
            b"GET /nginx-problem HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n",
            404,
            "not-found",
        ),
        (b"TRACE / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n", 405, "method-not-allowed"),
        (b"GET / HTTP/1.1\r\nHost: shop\r\nX: " + b"x" * 20_000, 431, "headers-too-large"),
    ],
)
async def test_what_nginx_itself_refuses_is_a_problem_like_any_other(
    shop: ContainerShop, sent: bytes, status: int, kind: str
) -> None:
    head, _, body = (await said_to(URL(shop.url), sent)).partition("\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status}")
    assert "X-Correlation-ID: " in head
    assert json.loads(body)["type"] == f"/problems/{kind}"


async def test_a_stream_shows_an_event_at_once(shop: ContainerShop) -> None:
    async with (
        aiohttp.ClientSession(f"{shop.url}/") as http,
        shop.customers() as customers,
        LiveStream(http, topics="board").open() as events,
        asyncio.timeout(5),
    ):
        await place(customers, orders_of("espresso", "single", 1, rate=1))
        assert "coffeeshop.board.changed.v1" in (await anext(events)).data


async def test_clients_are_distinguished_by_their_address_and_not_by_their_headers(
    shop: ContainerShop,
) -> None:
    await shop.scale(producer=1)
    (order,) = orders_of("espresso", "single", 1, rate=1)
    statuses = []
    async with aiohttp.ClientSession(shop.url) as http:
        for number in range(ORDERS_PER_MINUTE + 1):
            headers = {"X-Forwarded-For": f"198.51.100.{number}"}
            async with http.post("/orders", json=order.body, headers=headers) as response:
                statuses.append(response.status)
    assert statuses == [201] * ORDERS_PER_MINUTE + [429]
    assert await _placed_from_elsewhere(shop, order.body) == 201


async def _placed_from_elsewhere(shop: ContainerShop, body: object) -> int:
    """Place an order through nginx from another container, and so from another address."""
    script = (
        "import sys, urllib.request as r\n"
        "headers = {'Content-Type': 'application/json'}\n"
        "order = r.Request('http://nginx:8080/orders', sys.argv[1].encode(), headers)\n"
        "print(r.urlopen(order, timeout=10).status)"
    )
    (notifier, *_) = await shop.containers("notifier")
    return int(await shop.execute(notifier, "python", "-c", script, json.dumps(body)))
