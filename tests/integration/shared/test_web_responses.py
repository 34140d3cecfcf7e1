"""Every response has a correlation id and safe headers, and each error is a problem."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from structlog.testing import capture_logs
from yarl import URL

from shared.web.application import create_app
from tests.support.web import (
    AS_STAFF,
    STAFF_KEY,
    Counter,
    OutOfDecafError,
    Serving,
    connected,
    said_to,
    served,
    serving,
)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
async def shop(counter: Counter) -> AsyncIterator[Serving]:
    async with serving(counter) as shop:
        yield shop


@pytest.fixture
async def client(shop: Serving) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(shop.url) as session:
        yield session


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/docs", "/nothing", "/failing"])
async def test_every_response_is_safe_and_traceable(
    client: aiohttp.ClientSession, path: str
) -> None:
    async with client.get(path) as response:
        headers = response.headers
    assert len(headers["X-Correlation-ID"]) == 32
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"] == POLICY
    assert "aiohttp" not in headers["Server"]
    assert (headers.get("Cache-Control") == "no-store") == ("json" in response.content_type)


@pytest.mark.parametrize(
    "sent",
    [
        "b7ad6b7169203331",
        "4BF92F3577B34DA6A3CE929D0E0E4736",
        "a" * 64,
        "0198f0a2-5f6e-7c3a-9a41-6f1f5a0f7b11",
    ],
)
async def test_the_callers_correlation_id_is_kept(client: aiohttp.ClientSession, sent: str) -> None:
    body = {"items": [{"item": "tea"}]}
    headers = {"X-Correlation-ID": sent}
    async with client.post("/orders", json=body, headers=headers) as response:
        assert (await response.json())["correlation_id"] == sent
    assert response.headers["X-Correlation-ID"] == sent


@pytest.mark.parametrize(
    "sent",
    [
        *("", "two words", '"quoted"', "caffè", "<b>"),
        *("ada@home", "order-42", "+15550100", "a" * 15, "a" * 65, "rjqiebn3nlpmskscwlj3sk4eua"),
        *("0198f0a25f6e-7c3a-9a41-6f1f5a0f7b11", "-" * 36),
    ],
)
async def test_an_unacceptable_correlation_id_is_replaced(shop: Serving, sent: str) -> None:
    request = (
        f"GET /healthz HTTP/1.1\r\nHost: shop\r\nX-Correlation-ID: {sent}\r\n"
        "Connection: close\r\n\r\n"
    )
    answered = await said_to(shop.url, request.encode())
    (line,) = [line for line in answered.splitlines() if line.startswith("X-Correlation-ID")]
    assert len(line) == len("X-Correlation-ID: ") + 32


async def test_an_unknown_path_is_not_found(client: aiohttp.ClientSession) -> None:
    async with client.get("/nothing") as response:
        problem = await response.json(content_type="application/problem+json")
    assert (response.status, problem["type"]) == (404, "/problems/not-found")
    assert problem["status"] == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
async def test_the_refusal_of_a_method_lists_the_allowed_ones(
    client: aiohttp.ClientSession, method: str
) -> None:
    async with client.request(method, "/orders") as response:
        problem = await response.json(content_type="application/problem+json")
    assert (response.status, problem["type"]) == (405, "/problems/method-not-allowed")
    assert response.headers["Allow"] == "GET,HEAD,POST"


async def test_head_has_the_headers_of_get_and_no_body(client: aiohttp.ClientSession) -> None:
    async with client.head("/openapi.json") as head, client.get("/openapi.json") as got:
        assert head.status == 200
        assert head.headers["Content-Length"] == got.headers["Content-Length"]
        assert await head.read() == b""


async def test_only_the_log_shows_what_went_wrong_inside(
    client: aiohttp.ClientSession,
) -> None:
    with capture_logs() as lines:
        async with client.get("/failing", headers={"X-Correlation-ID": "f" * 32}) as response:
            text = await response.text()
    assert response.status == 500
    assert response.content_type == "application/problem+json"
    assert "/problems/internal-error" in text
    assert "secret" not in text
    (logged,) = [line for line in lines if line["event"] == "request.failed"]
    assert str(logged["exc_info"]) == "the secret of the shop"


async def test_a_services_own_error_is_the_problem_it_registered(
    client: aiohttp.ClientSession, counter: Counter
) -> None:
    counter.failure = OutOfDecafError()
    async with client.get("/failing") as response:
        problem = await response.json(content_type="application/problem+json")
    assert (response.status, problem["type"]) == (503, "/problems/unavailable")
    assert response.headers["Retry-After"] == "30"


async def test_a_timeout_is_unavailable(client: aiohttp.ClientSession, counter: Counter) -> None:
    counter.failure = TimeoutError()
    async with client.get("/failing") as response:
        problem = await response.json(content_type="application/problem+json")
    assert (response.status, problem["type"]) == (503, "/problems/unavailable")
    assert "Retry-After" in response.headers


async def test_a_response_that_has_begun_is_cut_off_not_followed_by_another(shop: Serving) -> None:
    request = b"GET /failing-halfway HTTP/1.1\r\nHost: shop\r\n\r\n"
    answered = await said_to(shop.url, request)
    assert answered.count("HTTP/1.1") == 1
    assert answered.endswith("half of it\r\n")


async def test_a_request_is_logged_once_without_what_the_caller_sent(
    client: aiohttp.ClientSession, counter: Counter
) -> None:
    counter.go_on.set()
    with capture_logs() as lines:
        async with client.get("/orders/secret-id/brew?token=secret", headers=AS_STAFF) as response:
            assert response.status == 200
    (line,) = [line for line in lines if line["event"] == "request.finished"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/orders/{id}/brew", 200)
    assert line["duration_ms"] >= 0
    assert "secret" not in str(lines)
    assert AS_STAFF["Authorization"] not in str(lines)


async def test_a_caller_who_leaves_while_sending_is_not_an_error() -> None:
    head = (
        b"POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n"
    )
    with capture_logs() as lines:
        async with serving() as shop, connected(shop.url) as (reader, writer):
            writer.write(head)
            await reader.readuntil(b"\r\n\r\n")
    assert [(line["event"], line["status"]) for line in lines] == [("request.finished", 499)]


@pytest.mark.parametrize("path", ["/orders/%00/brew", "/orders/%ff%fe/brew", "/%2e%2e/x", "//"])
async def test_odd_paths_are_not_internal_errors(
    counter: Counter, shop: Serving, path: str
) -> None:
    counter.go_on.set()
    request = f"GET {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"
    status = int((await said_to(shop.url, request.encode())).split()[1])
    assert status < 500


async def test_staff_keys_that_are_wrong_in_every_way_are_refused(shop: Serving) -> None:
    url = URL(shop.url)
    for sent in ("", "Bearer", "Bearer ", "Bearer wrong", "Basic dXNlcjpw", "Bearer caffè"):
        request = (
            f"GET /orders HTTP/1.1\r\nHost: shop\r\nAuthorization: {sent}\r\n"
            "Connection: close\r\n\r\n"
        )
        answered = await said_to(url, request.encode("latin-1"))
        assert answered.startswith("HTTP/1.1 401 ")
        assert 'WWW-Authenticate: Bearer realm="coffeeshop"' in answered
        assert "/problems/unauthorized" in answered


async def test_the_staff_key_opens_the_staff_routes(client: aiohttp.ClientSession) -> None:
    for scheme in ("Bearer", "bearer"):
        key = AS_STAFF["Authorization"].split()[1]
        headers = {"Authorization": f"{scheme} {key}"}
        async with client.get("/orders", headers=headers) as response:
            assert response.status == 200


async def test_a_guesser_is_told_nothing_after_some_wrong_keys_and_staff_elsewhere_are_let_in() -> (
    None
):
    app = create_app(
        [Counter().service()], title="A counter", staff_key=STAFF_KEY, wrong_keys_per_minute=5
    )
    async with served(app) as shop:
        elsewhere = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))
        async with (
            aiohttp.ClientSession(shop.url) as guesser,
            aiohttp.ClientSession(shop.url, connector=elsewhere) as staff,
        ):
            statuses = []
            for number in range(8):
                guess = {"Authorization": f"Bearer guess-{number}"}
                async with guesser.get("/orders", headers=guess) as response:
                    statuses.append(response.status)
            assert statuses == [401] * 5 + [429] * 3
            async with guesser.get("/orders", headers=AS_STAFF) as response:
                assert (response.status, "Retry-After" in response.headers) == (429, True)
            async with staff.get("/orders", headers=AS_STAFF) as response:
                assert response.status == 200
            async with staff.get("/metrics") as response:
                assert "coffeeshop_wrong_keys_total 5.0" in await response.text()
