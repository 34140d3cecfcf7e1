"""Staff sessions over HTTP: how they begin and end, and what becomes of a wrong cookie."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import aiohttp
import pytest

from shared.domain.errors import UnavailableError
from shared.domain.staff import StaffKeyRecord
from shared.web.application import create_app
from shared.web.known_keys import KNOWN_KEYS
from shared.web.session_cookie import COOKIE
from tests.support.web import AS_STAFF, STAFF_KEY, Counter, Serving, served


@pytest.fixture
async def shop() -> AsyncIterator[Serving]:
    services = [Counter().service()]
    app = create_app(services, title="A counter", staff_key=STAFF_KEY, wrong_keys_per_minute=3)
    async with served(app) as shop:
        yield shop


@pytest.fixture
async def page(shop: Serving) -> AsyncIterator[aiohttp.ClientSession]:
    """A page of the shop: it has no cookies but those that a test sends."""
    headers = {"Sec-Fetch-Site": "same-origin"}
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(shop.url, headers=headers, cookie_jar=jar) as page:
        yield page


async def test_a_session_begins_is_renewed_and_ends(page: aiohttp.ClientSession) -> None:
    async with page.put("/staff/session", headers=AS_STAFF) as response:
        assert (await response.json()) == {"name": "owner", "role": "manager"}
        cookie = {"Cookie": response.headers["Set-Cookie"].partition(";")[0]}
    async with page.put("/staff/session", headers=cookie) as response:
        assert response.headers["Set-Cookie"].startswith(f"{cookie['Cookie']}; Max-Age=43200;")
    async with page.get("/staff/session", headers=cookie) as response:
        assert (await response.json()) == {"name": "owner", "role": "manager"}
        assert response.headers["Cache-Control"] == "no-store"
    async with page.delete("/staff/session", headers=cookie) as response:
        assert response.status == 204
        assert response.headers["Set-Cookie"].startswith(f"{COOKIE}=; Max-Age=0; Path=/;")
    async with page.get("/staff/session") as response:
        assert (response.status, response.headers.get("Set-Cookie")) == (401, None)


async def test_a_key_in_authorization_comes_before_a_cookie(page: aiohttp.ClientSession) -> None:
    both = {**AS_STAFF, "Cookie": f"{COOKIE}=wrong"}
    async with page.get("/staff/session", headers=both) as response:
        assert (response.status, response.headers.get("Set-Cookie")) == (200, None)
    both = {"Authorization": "Bearer wrong", "Cookie": f"{COOKIE}={STAFF_KEY}"}
    async with page.get("/staff/session", headers=both) as response:
        assert (response.status, response.headers.get("Set-Cookie")) == (401, None)


async def test_wrong_cookies_are_removed_and_count_as_wrong_keys_do(
    page: aiohttp.ClientSession,
) -> None:
    for guess in range(3):
        wrong = {"Cookie": f"{COOKIE}=guess-{guess}"}
        async with page.get("/staff/session", headers=wrong) as response:
            assert response.status == 401
            assert response.headers["Set-Cookie"].startswith(f"{COOKIE}=; Max-Age=0;")
    right = {"Cookie": f"{COOKIE}={STAFF_KEY}"}
    async with page.get("/staff/session", headers=right) as response:
        assert response.status == 429
        assert "Set-Cookie" not in response.headers


async def test_the_cookie_of_another_sites_request_is_neither_believed_nor_counted(
    page: aiohttp.ClientSession,
) -> None:
    for _ in range(5):
        foreign = {"Cookie": f"{COOKIE}=guess", "Sec-Fetch-Site": "cross-site"}
        async with page.get("/staff/session", headers=foreign) as response:
            assert (response.status, response.headers.get("Set-Cookie")) == (401, None)
    async with page.get("/staff/session", headers=AS_STAFF) as response:
        assert response.status == 200


async def test_a_session_outlasts_an_outage_of_the_store(
    shop: Serving, page: aiohttp.ClientSession
) -> None:
    async def read() -> Sequence[StaffKeyRecord]:
        raise UnavailableError

    shop.app[KNOWN_KEYS].read = read
    cookie = {"Cookie": f"{COOKIE}=a-key-that-cannot-be-looked-up"}
    async with page.get("/staff/session", headers=cookie) as response:
        assert (response.status, response.headers.get("Set-Cookie")) == (503, None)
