"""Which names a request to a shop on loopback may bear."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from shared.runtime.settings import WebSettings
from shared.web.host import own_hosts, own_hosts_only
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


BEHIND_NGINX = {"host": "0.0.0.0", "trusted_proxies": "10.0.0.0/8"}


@pytest.mark.parametrize(
    "settings",
    [
        {"host": "127.0.0.1"},
        {"host": "127.0.0.1", "public_url": "https://coffee.example"},
        {**BEHIND_NGINX, "public_url": "http://127.0.0.1:8080"},
    ],
)
def test_a_shop_for_its_own_machine_knows_its_names(settings: dict[str, str]) -> None:
    assert own_hosts(WebSettings.model_validate(settings)) is not None


@pytest.mark.parametrize(
    "settings",
    [
        BEHIND_NGINX,
        {**BEHIND_NGINX, "public_url": "https://coffee.example"},
        {"host": "0.0.0.0"},
        {"host": "127.0.0.1", "trusted_proxies": "127.0.0.0/8"},
    ],
)
def test_a_shop_that_others_reach_may_have_any_name(settings: dict[str, str]) -> None:
    assert own_hosts(WebSettings.model_validate(settings)) is None
