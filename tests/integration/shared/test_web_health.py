"""How a service is watched: health, readiness, metrics, the document and its page."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from shared.web.limits import WebLimits
from tests.support.web import Counter, serving


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
async def client(counter: Counter) -> AsyncIterator[aiohttp.ClientSession]:
    limits = WebLimits(check_seconds=0.2)
    async with serving(counter, limits) as shop, aiohttp.ClientSession(shop.url) as session:
        yield session


async def read(client: aiohttp.ClientSession, path: str) -> tuple[int, Any]:
    async with client.get(path) as response:
        return response.status, await response.json(content_type=None)


async def test_a_service_whose_needs_are_within_reach_is_ready(
    client: aiohttp.ClientSession,
) -> None:
    assert await read(client, "/readyz") == (200, {"status": "ready", "checks": ["beans"]})


async def test_a_failed_check_is_named_without_secrets(
    client: aiohttp.ClientSession, counter: Counter
) -> None:
    counter.checks_fail_with = ConnectionRefusedError("http://user:secret@beans")
    with capture_logs() as lines:
        status, problem = await read(client, "/readyz")
    assert status == 503
    assert problem["type"] == "/problems/unavailable"
    assert problem["detail"] == "beans: ConnectionRefusedError"
    assert "readiness.failed" in [line["event"] for line in lines]
    assert await read(client, "/healthz") == (200, {"status": "alive"})


async def test_a_check_that_hangs_is_given_up(
    client: aiohttp.ClientSession, counter: Counter
) -> None:
    counter.checks_hang = True
    started = time.monotonic()
    status, problem = await read(client, "/readyz")
    assert time.monotonic() - started < 2
    assert (status, problem["detail"]) == (503, "beans: no answer within 0.2 s")


async def test_requests_are_counted_and_timed_by_route(
    client: aiohttp.ClientSession, counter: Counter
) -> None:
    counter.go_on.set()
    for path in ("/orders/1/brew", "/orders/2/brew", "/nothing/1", "/nothing/2"):
        async with client.get(path) as response:
            await response.read()
    async with client.get("/metrics") as response:
        page = await response.text()
    assert response.content_type == "text/plain"
    known = 'route="/orders/{id}/brew",status="200"'
    unknown = 'route="unmatched",status="404"'
    for labels in (known, unknown):
        assert f'coffeeshop_http_requests_total{{method="GET",{labels}}} 2.0' in page
        assert f'coffeeshop_http_request_seconds_count{{method="GET",{labels}}} 2.0' in page
    assert "process_resident_memory_bytes" in page


async def test_each_application_counts_for_itself(client: aiohttp.ClientSession) -> None:
    async with (
        serving() as other,
        aiohttp.ClientSession(other.url) as session,
        session.get("/healthz"),
        session.get("/metrics") as response,
    ):
        assert 'route="/healthz"' in await response.text()
    async with client.get("/metrics") as response:
        assert 'route="/healthz"' not in await response.text()


async def test_the_page_of_the_api_needs_no_other_host_and_no_inline_script(
    client: aiohttp.ClientSession,
) -> None:
    async with client.get("/docs") as response:
        page = await response.text()
        policy = response.headers["Content-Security-Policy"]
    assert response.content_type == "text/html"
    assert "unsafe" not in policy
    assert "data:" not in policy
    assert not re.findall(r"<script(?![^>]*\bsrc=)|\bon\w+=|\bstyle=", page)
    linked = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(linked) >= 4
    for path in linked:
        assert path.startswith("/")
        async with client.get(path) as response:
            assert response.status == 200
            assert await response.read()


async def test_browsers_ask_whether_an_asset_has_changed(client: aiohttp.ClientSession) -> None:
    async with client.get("/docs/docs.js") as response:
        etag = response.headers["ETag"]
    assert response.headers["Cache-Control"] == "no-cache"
    async with client.get("/docs/docs.js", headers={"If-None-Match": etag}) as response:
        assert response.status == 304


async def test_the_document_is_served_as_it_was_built(client: aiohttp.ClientSession) -> None:
    status, document = await read(client, "/openapi.json")
    assert status == 200
    assert "/orders/{id}/brew" in document["paths"]
