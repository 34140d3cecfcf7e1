"""Which names a request to a shop on loopback may bear."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from shared.web.host import own_hosts_only
from shared.web.problem import Problem


async def passes(host: str) -> bool:
    async def served(_: web.Request) -> web.StreamResponse:
        return web.Response()

    check = own_hosts_only({"coffee.example"})
    try:
        await check(make_mocked_request("GET", "/", headers={"Host": host}), served)
    except Problem:
        return False
    return True


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1:8080", "localhost", "shop.localhost:80", "[::1]:8080", "127.8.8.8"),
        *("coffee.example", "COFFEE.example:443"),
        *("shop", "shop:8080", "192.168.1.7:8080"),  # no page can make these its own name
    ],
)
async def test_names_that_nobody_can_rebind_are_served(host: str) -> None:
    assert await passes(host)


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example"),
        *(
            "127.0.0.1.nip.io",
            "evil.example.",
            "coffee.example.evil.example",
            "[",
            "evil.localdomain",
        ),
    ],
)
async def test_domain_names_of_others_are_refused(host: str) -> None:
    assert not await passes(host)
