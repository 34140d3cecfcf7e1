"""No webhook reaches an address that is not public, by any URL, name or redirect.

Each test does the same with an ordinary session as well, which does reach it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import ClientConnectorError, ClientError, ClientSession, TCPConnector, web
from aiohttp.abc import AbstractResolver
from yarl import URL

from notifier.channels.channel import TransientFailure
from notifier.channels.webhook.resolver import SystemResolver
from notifier.channels.webhook.session import ForbiddenAddressError, webhook_session
from shared.domain.ip_address import is_loopback, parse
from shared.domain.webhook_url import WebhookUrlRules
from tests.support.connections import recorded_connections
from tests.support.forbidden_addresses import FORBIDDEN
from tests.support.webhooks import (
    LOOPBACK_TOO,
    Names,
    listener,
    ready_event,
    receiver,
    sender_through,
    sending,
    subscribed,
)

STRICT = WebhookUrlRules()
PUBLIC = "93.184.215.14"
PRIVATE = [
    address for address in FORBIDDEN if not LOOPBACK_TOO.allows(ipaddress.ip_address(address))
]


def in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def canonical(address: str) -> str:
    return str(ipaddress.ip_address(address))


@contextlib.asynccontextmanager
async def ordinary_session(
    resolver: AbstractResolver | None = None,
) -> AsyncIterator[ClientSession]:
    connector = TCPConnector(resolver=resolver, use_dns_cache=False)
    async with ClientSession(connector=connector) as session:
        yield session


async def refused(session: ClientSession, url: str) -> bool:
    """Post, following redirects, and return whether connecting to an address was refused."""
    try:
        async with session.post(url):
            return False
    except ClientConnectorError as error:
        return isinstance(error.os_error, ForbiddenAddressError)


async def reached(session: ClientSession, url: str, *allowed_ports: int) -> str:
    """Post, following redirects, and give the last address that was connected to."""
    with recorded_connections(allowed_ports) as seen, contextlib.suppress(ClientError):
        async with session.post(url):
            pass
    return canonical(seen[-1])


async def test_no_literal_address_is_connected_to() -> None:
    async with webhook_session(STRICT) as session, ordinary_session() as ordinary:
        sender = sender_through(session, STRICT)
        for address in FORBIDDEN:
            url = f"http://{in_url(address)}:8080/"
            with recorded_connections() as seen:
                assert await refused(session, url)
                assert await sender.deliver(
                    subscribed(f"https://{in_url(address)}/"), ready_event()
                ) == TransientFailure("the URL's host must be a public one")
            assert seen == []
            assert await reached(ordinary, url) == canonical(address)


async def test_no_address_is_connected_to_by_a_name() -> None:
    names = {f"a{index}.test": [[address]] for index, address in enumerate(FORBIDDEN)}
    async with (
        webhook_session(STRICT, resolver=Names(names)) as session,
        ordinary_session(Names(names)) as ordinary,
    ):
        sender = sender_through(session, STRICT)
        for name, [[address]] in names.items():
            with recorded_connections() as seen:
                assert await refused(session, f"http://{name}/")
                assert await sender.deliver(
                    subscribed(f"https://{name}/"), ready_event()
                ) == TransientFailure("the address is not public")
            assert seen == []
            assert await reached(ordinary, f"http://{name}/") == canonical(address)


async def test_no_address_is_connected_to_by_a_name_that_changes_after_it_was_checked() -> None:
    meanings = {f"a{index}.test": [[PUBLIC], [address]] for index, address in enumerate(FORBIDDEN)}
    names, names_again = Names(meanings), Names(meanings)
    async with (
        webhook_session(STRICT, resolver=names) as session,
        ordinary_session(names_again) as ordinary,
    ):
        sender = sender_through(session, STRICT)
        for name, [_, [address]] in meanings.items():
            for asked in (names, names_again):
                [checked] = await asked.resolve(name)
                found = parse(checked["host"])
                assert found is not None
                assert STRICT.allows(found)
            with recorded_connections() as seen:
                assert await sender.deliver(
                    subscribed(f"https://{name}/"), ready_event()
                ) == TransientFailure("the address is not public")
            assert seen == []
            assert await reached(ordinary, f"http://{name}/") == canonical(address)


async def test_a_name_is_looked_up_for_every_delivery() -> None:
    meanings = {f"a{index}.test": [[PUBLIC], [address]] for index, address in enumerate(FORBIDDEN)}
    async with sending(STRICT, Names(meanings)) as sender:
        for name in meanings:
            subscription = subscribed(f"https://{name}/")
            with recorded_connections() as seen:
                first = await sender.deliver(subscription, ready_event())
                second = await sender.deliver(subscription, ready_event())
            assert first == TransientFailure("could not connect")
            assert second == TransientFailure("the address is not public")
            assert seen == [PUBLIC]


@pytest.mark.parametrize("host", ["fe80::1%lo", "::1%lo", "2600::1%lo", "::ffff:127.0.0.1%lo"])
@pytest.mark.parametrize("rules", [STRICT, LOOPBACK_TOO])
async def test_no_address_with_a_zone_is_connected_to(rules: WebhookUrlRules, host: str) -> None:
    names = Names({"zone.test": [[host]]})
    async with webhook_session(rules, resolver=names) as session:
        for url in (
            f"http://[{host}]/",
            f"http://[{host.replace('%', '%25')}]/",
            "http://zone.test",
        ):
            with recorded_connections() as seen:
                assert await refused(session, url)
            assert seen == []


async def test_no_address_is_connected_to_beside_a_public_one() -> None:
    meanings = {
        f"a{index}.test": [[address, PUBLIC, address]] for index, address in enumerate(FORBIDDEN)
    }
    async with webhook_session(STRICT, resolver=Names(meanings)) as session:
        for name in meanings:
            with recorded_connections() as seen, pytest.raises(ClientConnectorError):
                await session.post(f"http://{name}/")
            assert set(seen) == {PUBLIC}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_address_is_connected_to_by_a_redirect(status: int) -> None:
    target = ""

    async def redirects(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": target})

    async with (
        receiver(redirects) as served,
        webhook_session(LOOPBACK_TOO) as session,
        ordinary_session() as ordinary,
    ):
        for address in PRIVATE:
            target = f"http://{in_url(address)}:8080/"
            with recorded_connections({served.port}) as seen:
                attempt = await sender_through(session).deliver(
                    subscribed(served.url), ready_event()
                )
            assert attempt == TransientFailure(f"answered {status}; redirects are not followed")
            assert seen == ["127.0.0.1"]
            assert await refused(session, served.url)
            assert await reached(ordinary, served.url, served.port) == str(
                ipaddress.ip_address(address)
            )


async def test_a_redirect_to_loopback_is_not_followed_where_loopback_is_allowed() -> None:
    async with listener() as home:
        target = f"http://127.0.0.1:{home.port}/"

        async def redirects(_: web.Request) -> web.StreamResponse:
            raise web.HTTPTemporaryRedirect(target)

        async with (
            receiver(redirects) as served,
            sending() as sender,
            ordinary_session() as ordinary,
        ):
            assert isinstance(
                await sender.deliver(subscribed(served.url), ready_event()), TransientFailure
            )
            assert isinstance(
                await sender.request_confirmation(subscribed(served.url), "token"), TransientFailure
            )
            with pytest.raises(ClientError):
                await ordinary.post(served.url)
            await home.came.wait()
        assert home.accepted == 1


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]"),
        *("localhost", "LOCALHOST", "2130706433", "0x7f000001", "0x7f.1", "127.1", "127.0.1"),
        *("0177.0.0.1", "017700000001", "１２７.0.0.1", "①②⑦.⓪.⓪.①", "127。0。0。1"),  # noqa: RUF001 - that is how attackers write it
    ],
)
async def test_nobody_reaches_a_listener_on_loopback_however_it_is_written(host: str) -> None:
    async with listener() as home, sending(STRICT) as sender, webhook_session(STRICT) as session:
        for scheme in ("http", "https"):
            url = f"{scheme}://{host}:{home.port}/"
            with pytest.raises(ClientError):
                await session.post(url)
            assert isinstance(
                await sender.deliver(subscribed(url), ready_event()), TransientFailure
            )
        # Without the check it is reached; an earlier connection would have been counted earlier.
        _, writer = await asyncio.open_connection(URL(f"http://{host}").host, home.port)
        await home.came.wait()
        writer.close()
        await writer.wait_closed()
        assert home.accepted == 1


@pytest.mark.parametrize("name", ["localhost.", "rebound.test", "rebound.test.", "rebound.test.."])
async def test_nobody_reaches_a_listener_on_loopback_by_a_name(name: str) -> None:
    home_alone = [["127.0.0.1", "::1"]]
    known = {"localhost.": home_alone, "rebound.test": home_alone, "rebound.test.": home_alone}
    async with (
        listener() as home,
        webhook_session(STRICT, resolver=Names(known)) as session,
        ordinary_session(Names(known)) as ordinary,
    ):
        url = f"https://{name}:{home.port}/"
        with pytest.raises(ClientError):
            await session.post(url)
        attempt = await sender_through(session, STRICT).deliver(subscribed(url), ready_event())
        assert isinstance(attempt, TransientFailure)
        with pytest.raises(ClientError):
            await ordinary.post(f"http://{name}:{home.port}/")
        await home.came.wait()
        assert home.accepted == 1


async def test_a_name_with_thousands_of_addresses_keeps_nobody_busy() -> None:
    addresses = [f"10.0.{index // 250}.{index % 250}" for index in range(4000)]
    async with webhook_session(STRICT, resolver=Names({"many.test": [addresses]})) as session:
        begun = time.process_time()
        assert await refused(session, "https://many.test/")
        assert time.process_time() - begun < 0.5


async def test_names_are_looked_up_by_the_system_and_then_checked() -> None:
    async with listener() as home, webhook_session(STRICT) as session:
        assert await refused(session, f"http://localhost:{home.port}/")
        assert home.accepted == 0
    resolver = SystemResolver()
    found = [parse(each["host"]) for each in await resolver.resolve("localhost")]
    await resolver.close()
    assert found
    assert all(each is not None and is_loopback(each) for each in found)
    async with webhook_session(STRICT) as session:
        with pytest.raises(aiohttp.ClientConnectorDNSError):
            await session.post("https://nobody.invalid/")
