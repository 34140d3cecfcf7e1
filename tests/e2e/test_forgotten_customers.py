"""What a shop has of a customer is in none of its files once `coffeeshop forget` has run."""

from __future__ import annotations

import json
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.mailing import confirm_path, mail_so_far
from tests.support.shop import RunningShop, open_shop, reaches
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(120)

NAME, NOTE = "Augusta Ada King", "no nuts, I would die"
ADDRESS, OTHER_SPELLING = "ada.lovelace@guests.example", "Ada.Lovelace+news@Guests.example"
GRACE, GRACES_ADDRESS = "Grace Hopper", "grace@guests.example"
ORDER_MAILS = 3
"""That it is placed, being prepared, and ready."""

COUPONS = "/topics/coupons/subscriptions"


def order_of(name: str, **more: Any) -> dict[str, Any]:
    line = {"item": "latte", "size": "large", "quantity": 1, "note": NOTE}
    return {"customer_name": name, "items": [line], **more}


def by_mail(address: str) -> dict[str, str]:
    return {"channel": "email", "address": address}


def files_with(shop: RunningShop, *texts: str) -> list[tuple[str, str]]:
    """The files of the shop's folder that have one of these texts, in any case."""
    files = [file for file in shop.folder.rglob("*") if file.is_file()]
    contents = [(file.relative_to(shop.folder), file.read_bytes().lower()) for file in files]
    return [
        (str(name), text)
        for name, found in contents
        for text in texts
        if text.lower().encode() in found
    ]


def mail_to(shop: RunningShop, address: str, subject: str = "") -> list[EmailMessage]:
    mails = mail_so_far(shop.folder / "mail")
    to = address.lower()
    return [mail for mail in mails if mail["To"].lower() == to and subject in mail["Subject"]]


async def subscribed(shop: RunningShop, client: httpx.AsyncClient, address: str) -> None:
    (await client.post(COUPONS, json=by_mail(address))).raise_for_status()
    await confirmed(shop, client, address)


async def confirmed(shop: RunningShop, client: httpx.AsyncClient, address: str) -> None:
    await eventually(lambda: bool(mail_to(shop, address, "confirm")), 20)
    path = confirm_path(mail_to(shop, address, "confirm")[-1])
    (await client.post(path, data={"agreed": "yes"})).raise_for_status()


async def forget(shop: RunningShop, *arguments: str) -> dict[str, Any]:
    code, output = await shop.command("forget", *arguments, "--json")
    assert code == 0
    answer: dict[str, Any] = json.loads(output)
    return answer


async def test_a_forgotten_customer_is_in_no_file_of_an_open_shop(tmp_path: Path) -> None:
    async with (
        open_shop(tmp_path / "var", COFFEE_BREW_SPEED="0") as shop,
        httpx.AsyncClient(base_url=shop.url) as client,
    ):
        mine = (await client.post("/orders", json=order_of(NAME, notify=by_mail(ADDRESS)))).json()
        other = (await client.post("/orders", json=order_of(GRACE))).json()
        await reaches(client, mine["id"], "ready")
        await confirmed(shop, client, ADDRESS)
        for address in (OTHER_SPELLING, GRACES_ADDRESS):
            await subscribed(shop, client, address)
        issue = {"subject": "Free cake", "body": "For all."}
        (
            await client.post("/topics/coupons/messages", json=issue, headers=shop.staff)
        ).raise_for_status()
        await eventually(lambda: bool(mail_to(shop, OTHER_SPELLING, "cake")), 20)
        await eventually(lambda: bool(mail_to(shop, GRACES_ADDRESS, "cake")), 20)
        await eventually(lambda: len(mail_to(shop, ADDRESS)) == 1 + ORDER_MAILS, 20)
        assert {text for _, text in files_with(shop, NAME, ADDRESS)} == {NAME, ADDRESS}

        found = await forget(shop, "--address", "ADA.lovelace@guests.example", "--dry-run")
        assert (found["subscriptions"], len(found["orders"])) == (2, 1)
        assert {text for _, text in files_with(shop, NAME, ADDRESS)} == {NAME, ADDRESS}
        erased = await forget(shop, "--address", "ADA.lovelace@guests.example", "--yes")

        assert erased == {**found, "dry_run": False}
        texts = (NAME, ADDRESS, OTHER_SPELLING)
        assert files_with(shop, *texts) == []
        order = (await client.get(f"/orders/{mine['id']}")).json()
        assert (order["number"], order["total"]) == (mine["number"], mine["total"])
        assert (order["customer_name"], order["items"][0]["note"]) == ("forgotten", None)
        assert (await client.get(f"/orders/{other['id']}")).json()["customer_name"] == GRACE
        assert mail_to(shop, GRACES_ADDRESS, "cake")
        again = await forget(shop, "--address", ADDRESS)
        assert (again["orders"], again["subscriptions"], again["mails"]) == ([], 0, 0)
    assert await shop.process.wait() == 0
    assert files_with(shop, *texts) == []


async def test_an_order_that_is_being_prepared_is_forgotten_and_becomes_ready(
    tmp_path: Path,
) -> None:
    async with (
        open_shop(tmp_path / "var", COFFEE_BREW_SPEED="10") as shop,
        httpx.AsyncClient(base_url=shop.url) as client,
    ):
        wanted = order_of(NAME, notify=by_mail(ADDRESS))
        placed = (await client.post("/orders", json=wanted)).json()
        await reaches(client, placed["id"], "preparing")
        await eventually(lambda: bool(mail_to(shop, ADDRESS)), 20)

        erased = await forget(shop, "--order", placed["number"], "--yes")

        assert (len(erased["orders"]), erased["subscriptions"], erased["mails"]) == (1, 1, 1)
        assert files_with(shop, NAME, NOTE, ADDRESS) == []
        ready = await reaches(client, placed["id"], "ready")
        assert ready["customer_name"] == "forgotten"
        assert [entry["state"] for entry in ready["timeline"]] == ["placed", "preparing", "ready"]  # type: ignore[attr-defined]
        assert files_with(shop, NAME, NOTE, ADDRESS) == []


REASON = "Augusta's appointment was moved"


async def test_remakes_and_reasons_are_forgotten_with_the_order_and_the_day_stays_in_the_books(
    tmp_path: Path,
) -> None:
    async with (
        open_shop(tmp_path / "var", COFFEE_BREW_SPEED="0") as shop,
        httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as staff,
    ):
        first = (await staff.post("/orders", json=order_of(NAME))).json()
        await reaches(staff, first["id"], "ready")
        remade = (await staff.post(f"/orders/{first['id']}/remake")).json()
        await reaches(staff, remade["id"], "ready")
        reason = {"reason": REASON}
        canceled = await staff.post(f"/orders/{remade['id']}/cancel", json=reason)
        assert canceled.json()["cancel_reason"] == REASON
        before = (await staff.get("/reports/day")).json()

        code, output = await shop.command("forget", "--order", first["number"], "--yes")

        assert (code, output.splitlines()) == (0, ["Found: 2 orders", "Erased."])
        assert files_with(shop, NAME, NOTE, REASON) == []
        after = (await staff.get("/reports/day")).json()
        assert [one["reason"] for one in before.pop("cancels")] == [REASON]
        assert after.pop("cancels") == [{"reason": None, "count": 1}]
        assert after == before


async def test_a_name_in_any_case_is_forgotten_only_after_a_question(tmp_path: Path) -> None:
    async with (
        open_shop(tmp_path / "var", COFFEE_BREW_SPEED="0") as shop,
        httpx.AsyncClient(base_url=shop.url) as client,
    ):
        for name in (NAME, NAME.lower(), GRACE):
            (await client.post("/orders", json=order_of(name))).raise_for_status()

        code, _ = await shop.command("forget", "--name", NAME)
        assert code == 1
        assert files_with(shop, NAME)

        code, output = await shop.command("forget", "--name", NAME, "--yes")
        assert (code, output.splitlines()) == (0, ["Found: 2 orders", "Erased."])
        assert files_with(shop, NAME) == []
        assert files_with(shop, GRACE)


async def test_an_address_is_in_no_file_after_unsubscribing(tmp_path: Path) -> None:
    async with (
        open_shop(tmp_path / "var") as shop,
        httpx.AsyncClient(base_url=shop.url) as client,
    ):
        granted = (await client.post(COUPONS, json=by_mail(ADDRESS))).json()
        await confirmed(shop, client, ADDRESS)
        token = {"Authorization": f"Bearer {granted['manage_token']}"}
        path = f"/subscriptions/{granted['id']}"
        (await client.delete(path, headers=token)).raise_for_status()
        assert (await client.get(path, headers=token)).json()["target"] == ""
    assert await shop.process.wait() == 0
    kept = [name for name, _ in files_with(shop, ADDRESS) if not name.startswith("mail/")]
    assert kept == []
