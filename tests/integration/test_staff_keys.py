"""Staff keys as staff have them: a cashier and a notifier, each a process, and one store."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from shared.web.session_cookie import COOKIE
from tests.support.cashier import ORDER, provisioned_shop
from tests.support.cashier import settings_for as cashier_settings
from tests.support.cashier_process import process_of
from tests.support.notifier import AS_STAFF, NotifierProcess, notifier_process
from tests.support.notifier import settings_for as notifier_settings
from tests.support.waiting import eventually
from tests.support.web import STAFF_KEY

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECOND = 1.0
OLD_KEY = "the-owners-key-until-now"


@dataclass(frozen=True)
class Shop:
    """The cashier as a client reaches it, its log, and the notifier."""

    url: str
    cashier: aiohttp.ClientSession
    notifier: NotifierProcess
    log: Path

    async def ask(self, method: str, path: str, key: str | None, body: object = None) -> Any:
        headers = AS_STAFF if key is None else {"Authorization": f"Bearer {key}"}
        async with self.cashier.request(method, path, json=body, headers=headers) as response:
            text = await response.text()
            return response.status, json.loads(text or "null")

    async def add(self, name: str, role: str = "barista") -> Any:
        status, added = await self.ask("POST", "/staff-keys", None, {"name": name, "role": role})
        assert status == HTTPStatus.CREATED
        return added

    async def statuses(self, key: str) -> tuple[int, int]:
        """What the cashier and the notifier say to a key, at a route of each."""
        headers = {"Authorization": f"Bearer {key}"}
        status, _ = await self.ask("GET", "/orders", key)
        body = {"channel": "sqs", "queue_arn": "arn:aws:sqs:us-east-1:000000000000:none"}
        answer = await self.notifier.http.post(
            "/topics/coupons/subscriptions", json=body, headers=headers
        )
        return status, answer.status_code


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(ministack: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    settings = cashier_settings(ministack, folder)
    for_notifier = notifier_settings(ministack, name_prefix=settings.name_prefix, state_dir=folder)
    (folder / "staff-key-old").write_text(OLD_KEY)
    log = folder / "cashier.log"
    with log.open("w") as stderr:
        async with (
            provisioned_shop(settings),
            process_of(settings, stderr.fileno()),
            notifier_process(for_notifier) as notifier,
        ):
            (line,) = await logged(log, event="service.listening")
            async with aiohttp.ClientSession(line["url"]) as cashier:
                yield Shop(line["url"], cashier, notifier, log)


async def logged(log: Path, **fields: str) -> list[Any]:
    """Wait for the lines of a log that have these fields."""

    def found() -> list[Any]:
        return [one for one in lines_of(log) if fields.items() <= one.items()]

    await eventually(lambda: bool(found()), 20)
    return found()


def lines_of(log: Path) -> list[Any]:
    return [json.loads(line) for line in log.read_text().splitlines() if line.endswith("}")]


async def test_a_new_key_is_good_at_once_in_every_process_and_a_withdrawn_one_after_a_second(
    shop: Shop,
) -> None:
    assert await shop.statuses("nobodys-key") == (401, 401)
    ada = await shop.add("Ada")
    grace = await shop.add("Grace", "manager")
    assert await shop.statuses(ada["key"]) == (200, 403)
    assert (await shop.statuses(grace["key"]))[0] == 200
    assert (await shop.statuses(grace["key"]))[1] not in {401, 403}

    assert (await shop.ask("DELETE", f"/staff-keys/{ada['id']}", grace["key"]))[0] == 204
    withdrawn = asked = time.monotonic()
    while await shop.statuses(ada["key"]) != (401, 401):
        assert asked < withdrawn + SECOND, "what is asked later is refused, however long it takes"
        asked = time.monotonic()
    assert (await shop.statuses(grace["key"]))[0] == 200


async def test_while_the_owners_key_is_rotated_keys_and_sessions_are_good_of_both(
    shop: Shop,
) -> None:
    for key in (STAFF_KEY, OLD_KEY):
        cashiers, notifiers = await shop.statuses(key)
        assert cashiers == 200
        assert notifiers not in {401, 403}
        signed_in = {"Cookie": f"{COOKIE}={key}", "Sec-Fetch-Site": "same-origin"}
        async with shop.cashier.get("/staff/session", headers=signed_in) as response:
            assert (await response.json())["name"] == "owner"
    await logged(shop.log, event="staff_key.old_shown")
    assert OLD_KEY not in shop.log.read_text()


async def test_a_key_is_shown_once_and_its_name_is_anothers_only_after_it_is_withdrawn(
    shop: Shop,
) -> None:
    first = await shop.add("Joan")
    status, listed = await shop.ask("GET", "/staff-keys", None)
    (joan,) = [one for one in listed["keys"] if one["name"] == "Joan"]
    assert (status, joan) == (200, {name: first[name] for name in joan})
    assert first["key"] not in str(listed)
    for alike in ("joan", " Joan ", "\uff2aoan", "Owner", "menu file"):
        refused = await shop.ask("POST", "/staff-keys", None, {"name": alike, "role": "manager"})
        assert (refused[0], refused[1]["type"]) == (409, "/problems/name-taken")
    unseen = await shop.ask("POST", "/staff-keys", None, {"name": "Jo\u200ban", "role": "manager"})
    assert (unseen[0], unseen[1]["type"]) == (422, "/problems/invalid-staff-key")
    for _ in range(2):
        status, _ = await shop.ask("DELETE", f"/staff-keys/{first['id']}", None)
    assert status == 404
    second = await shop.add("Joan")
    assert (second["key"] != first["key"], second["id"] != first["id"]) == (True, True)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Authorization", "Bearer {}"), ("Cookie", f"{COOKIE}={{}}")],
)
async def test_a_stream_ends_some_seconds_after_its_key_was_withdrawn(
    shop: Shop, name: str, shown: str
) -> None:
    added = await shop.add(f"Display by {name}")
    headers = {name: shown.format(added["key"])}
    async with shop.notifier.http.stream(
        "GET", "/events", params={"topics": "order-events"}, headers=headers
    ) as response:
        assert response.status_code == 200
        await shop.ask("DELETE", f"/staff-keys/{added['id']}", None)
        async with asyncio.timeout(8):
            async for _ in response.aiter_raw():
                pass


async def test_who_changed_what_is_listed_and_named_in_the_log_and_no_key_is_in_it(
    shop: Shop,
) -> None:
    added = await shop.add("Ken", "manager")
    ken = added["key"]
    until = "2099-12-31T12:00:00.000Z"
    body = {"state": "paused", "reason": "A short break", "until": until}
    for method, path, sent in (
        ("PUT", "/shop", body),
        ("PUT", "/menu/items/banana-bread", {"sold_out": True}),
        ("DELETE", "/dead-letters", None),
        ("POST", "/dead-letters/redrive", {"all": True}),
        ("PUT", "/shop", {"state": "open"}),
    ):
        assert (await shop.ask(method, path, ken, sent))[0] == 200
    answer = await shop.notifier.http.put(
        "/topics/todays-roast",
        json={"description": "Beans"},
        headers={"Authorization": f"Bearer {ken}"},
    )
    assert answer.status_code == 201

    status, page = await shop.ask("GET", "/shop/changes?limit=6", ken)
    changes = [(one["what"], one["detail"]) for one in page["changes"] if one["by"] == "Ken"]
    assert (status, changes) == (
        200,
        [
            ("topics", "todays-roast is new"),
            ("shop", "open"),
            ("dead-letters", "up to 1000 dead letters are redriven"),
            ("dead-letters", "all dead letters are deleted"),
            ("sold-out", "banana-bread is sold out"),
            ("shop", f"paused until {until} (A short break)"),
        ],
    )
    _, older = await shop.ask("GET", f"/shop/changes?limit=1&cursor={page['next_cursor']}", None)
    (change,) = older["changes"]
    assert (change["by"], change["what"]) == ("owner", "staff-keys")
    assert change["detail"] == "Ken (manager) has a key"

    finished = [one for one in lines_of(shop.log) if one["event"] == "request.finished"]
    assert "Ken" in {one.get("staff") for one in finished if one["route"] == "/shop/changes"}
    assert {one.get("staff") for one in finished if one["route"] == "/staff-keys"} == {"owner"}
    assert ken not in shop.log.read_text()


async def test_a_customer_who_is_forgotten_is_not_named_among_the_changes(shop: Shop) -> None:
    order = {**ORDER, "customer_name": "Rosalind"}
    assert (await shop.ask("POST", "/orders", None, order))[0] == 201
    body = {"name": "Rosalind"}
    assert (await shop.ask("POST", "/customers/forget", None, body))[0] == 200
    _, page = await shop.ask("GET", "/shop/changes?limit=1", None)
    (change,) = page["changes"]
    assert (change["what"], change["detail"]) == (
        "customers",
        "a customer is removed from 1 order(s)",
    )


async def test_a_session_ends_with_its_key_in_every_process_and_its_cookie_is_never_logged(
    shop: Shop,
) -> None:
    key = (added := await shop.add("Radia"))["key"]
    signing_in = {"Authorization": f"Bearer {key}"}
    async with shop.cashier.put("/staff/session", headers=signing_in) as response:
        assert (response.status, await response.json()) == (
            200,
            {"name": "Radia", "role": "barista"},
        )
        (cookie,) = response.headers.getall("Set-Cookie")
    assert cookie == f"{COOKIE}={key}; Max-Age=43200; Path=/; HttpOnly; SameSite=Strict"

    signed_in = {"Cookie": cookie.partition(";")[0], "Sec-Fetch-Site": "same-origin"}
    async with shop.cashier.get("/orders", headers=signed_in) as response:
        assert (response.status, response.headers.get("Set-Cookie")) == (200, None)
    assert (await shop.notifier.http.get("/staff/session", headers=signed_in)).status_code == 200

    await shop.ask("DELETE", f"/staff-keys/{added['id']}", None)
    await asyncio.sleep(SECOND)
    ended = await shop.notifier.http.get("/topics", headers=signed_in)
    assert (ended.status_code, ended.headers["Set-Cookie"].partition("; Path")[0]) == (
        200,
        f"{COOKIE}=; Max-Age=0",
    )
    async with shop.cashier.get("/staff/session", headers=signed_in) as response:
        assert response.status == 401
        assert response.headers["Set-Cookie"].startswith(f"{COOKIE}=; Max-Age=0;")
    assert key not in shop.log.read_text()


async def test_the_next_request_of_a_connection_is_not_logged_under_the_key_before(
    shop: Shop,
) -> None:
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(shop.url, connector=connector) as http:
        async with http.get("/shop", headers=AS_STAFF) as response:
            await response.read()
        async with http.get("/menu") as response:
            await response.read()
    (line,) = await logged(shop.log, correlation_id=response.headers["X-Correlation-ID"])
    assert (line["route"], line.get("staff")) == ("/menu", None)
