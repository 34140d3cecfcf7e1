"""The menu is changed without a restart, by version, and no editor overwrites another."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

import pytest
import structlog

from producer.menu.document import MenuDocument
from producer.menu.file import load_menu
from producer.menu.service import open_menu
from producer.settings import CashierSettings
from shared.clock import utc_now
from shared.domain.menu import Allergen
from shared.store.document_contract import DocumentKind, DocumentVersion
from shared.store.factory import open_store
from shop.processes.preflight import check_files
from tests.support.cashier import (
    ORDER,
    Answered,
    ServedCashier,
    open_cashier,
    settings_for,
)
from tests.support.web import AS_STAFF, STAFF_KEY

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHIPPED = load_menu(CashierSettings.model_fields["menu"].default)
TAXED = {
    "rounding": "half-up",
    "classes": {"standard": {"here": "19", "away": "7"}, "none": {"here": "0", "away": "0"}},
}


async def read(cashier: ServedCashier) -> tuple[dict[str, Any], str]:
    """The menu as an editor reads it, and its version's tag."""
    found = await cashier.staff("GET", "/menu/document")
    assert found.status == 200
    return found.body, found.headers["ETag"]


async def put(cashier: ServedCashier, menu: object, tag: str | None) -> Answered:
    headers = AS_STAFF if tag is None else AS_STAFF | {"If-Match": tag}
    return await cashier.ask("PUT", "/menu/document", menu, headers)


def with_price(menu: dict[str, Any], price: int) -> dict[str, Any]:
    """The menu with another price of a large latte."""
    latte = menu["items"]["latte"]
    changed = latte | {"sizes": latte["sizes"] | {"large": price}}
    return menu | {"items": menu["items"] | {"latte": changed}}


async def test_the_first_menu_is_that_of_the_file_and_one_put_changes_it_at_once(
    new_cashier: ServedCashier,
) -> None:
    menu, tag = await read(new_cashier)
    assert (MenuDocument.model_validate_json(json.dumps(menu)), tag) == (SHIPPED, '"1"')

    changed = await put(new_cashier, with_price(menu, 470), tag)
    placed = await new_cashier.place()

    assert (changed.status, changed.headers["ETag"]) == (200, '"2"')
    assert changed.body["items"]["latte"]["sizes"]["large"] == 470
    assert (placed.body["menu_version"], placed.body["items"][0]["unit_price"]) == (2, 540)
    assert (await new_cashier.ask("GET", "/menu")).body["version"] == 2


async def test_of_two_editors_at_once_one_is_told_and_nothing_is_lost(
    new_cashier: ServedCashier,
) -> None:
    menu, tag = await read(new_cashier)
    answers = await asyncio.gather(
        *(put(new_cashier, with_price(menu, price), tag) for price in (470, 480))
    )
    won, lost = sorted(answers, key=lambda answer: answer.status)
    assert won.status == 200
    assert lost.problem == (412, "/problems/changed-meanwhile")
    assert (await read(new_cashier)) == (won.body, '"2"')


async def test_a_change_that_is_sent_again_after_a_lost_answer_is_made_once(
    new_cashier: ServedCashier,
) -> None:
    menu, tag = await read(new_cashier)
    changed = with_price(menu, 470)
    first, again = [await put(new_cashier, changed, tag) for _ in range(2)]
    assert (first.status, again.status) == (200, 200)
    assert first.headers["ETag"] == again.headers["ETag"] == '"2"'


async def test_a_change_needs_the_version_that_its_editor_has_read(
    cashier: ServedCashier,
) -> None:
    menu, tag = await read(cashier)
    assert (await put(cashier, menu, None)).problem == (428, "/problems/version-required")
    for stale in ('"999"', f"W/{tag}", '"x"', "", "nonsense"):
        refused = await put(cashier, with_price(menu, 999), stale)
        assert refused.problem == (412, "/problems/changed-meanwhile")
    assert (await read(cashier)) == (menu, tag)


async def test_every_fault_of_a_menu_is_named_with_its_pointer(cashier: ServedCashier) -> None:
    menu, tag = await read(cashier)
    items = menu["items"]
    wrong_types = menu | {
        "items": items | {"latte": items["latte"] | {"prep_seconds": 0, "colour": "white"}},
        "tax": {"classes": {"a": {"here": "19,5", "away": "101"}}},
    }
    refused = await put(cashier, wrong_types, tag)
    assert refused.problem == (422, "/problems/invalid-menu")
    assert set(refused.pointers) == {
        "/items/latte/prep_seconds",
        "/items/latte/colour",
        "/tax/classes/a/here",
        "/tax/classes/a/away",
    }
    latte = items["latte"] | {
        "sizes": {"huge": 1},
        "modifiers": ["gin", "decaf", "decaf"],
        "allergens": ["milk", "milk"],
        "tax": "luxury",
    }
    refused = await put(cashier, menu | {"items": {"latte": latte}}, tag)
    assert refused.problem == (422, "/problems/invalid-menu")
    assert refused.pointers == [
        "/items/latte/sizes/huge",
        "/items/latte/modifiers/0",
        "/items/latte/tax",
        "/items/latte/modifiers/2",
        "/items/latte/allergens/1",
    ]
    assert (await read(cashier)) == (menu, tag)


async def test_an_item_without_a_tax_class_is_a_fault_once_there_are_classes(
    cashier: ServedCashier,
) -> None:
    menu, tag = await read(cashier)
    tea = menu["items"]["tea"] | {"tax": None}
    refused = await put(cashier, menu | {"tax": TAXED, "items": {"tea": tea}}, tag)
    assert refused.pointers == ["/items/tea/tax"]


async def test_who_changed_what_is_listed_and_an_old_version_comes_back(
    new_cashier: ServedCashier,
) -> None:
    menu, tag = await read(new_cashier)
    changed = with_price(menu, 470)
    del changed["items"]["croissant"]
    await put(new_cashier, changed, tag)
    seen = AS_STAFF | {"If-Match": '"1", W/"2"'}
    stale = await new_cashier.ask("POST", "/menu/versions/1/restore", None, seen)
    assert stale.problem == (412, "/problems/changed-meanwhile")
    restored = await new_cashier.staff("POST", "/menu/versions/1/restore")
    again = await new_cashier.staff("POST", "/menu/versions/1/restore")
    listed = (await new_cashier.staff("GET", "/menu/versions")).body["versions"]

    assert (restored.body, restored.headers["ETag"]) == (menu, '"3"')
    assert again.headers["ETag"] == '"3"'
    assert [(each["version"], each["by"], each["changes"]) for each in listed] == [
        (3, "owner", "croissant is new; latte/large 4.70 USD → 4.50 USD"),
        (2, "owner", "croissant is gone; latte/large 4.50 USD → 4.70 USD"),
        (1, "menu file", "12 item(s), 5 modifier(s)"),
    ]
    page = await new_cashier.staff("GET", "/menu/versions?limit=1&before=3")
    assert page.body["versions"] == [listed[1]]
    before_all = await new_cashier.staff("GET", "/menu/versions?before=1")
    assert before_all.body["versions"] == []


async def record(cashier: ServedCashier, version: int, menu: object) -> str:
    """Record a menu as a cashier of a newer release does; return its body."""
    body = json.dumps(menu)
    new = DocumentVersion(DocumentKind.MENU, version, utc_now(), "newer", body)
    await cashier.store.put_document(new)
    return body


async def test_what_a_newer_release_has_added_to_the_menu_is_left_out_and_comes_back(
    ministack: str, tmp_path: Path
) -> None:
    settings = settings_for(ministack, tmp_path)
    async with open_cashier(settings) as cashier:
        menu, _ = await read(cashier)
        latte = menu["items"]["latte"] | {"station": "bar"}
        newer = {**menu, "items": menu["items"] | {"latte": latte}, "photos": "large"}
        body = await record(cashier, 2, newer)
        assert await read(cashier) == (menu, '"2"')
        await put(cashier, with_price(menu, 470), '"2"')
        await cashier.staff("POST", "/menu/versions/2/restore")
        restored = await cashier.store.document(DocumentKind.MENU)
    assert restored is not None
    assert (restored.version, restored.body) == (4, body)
    assert (await asyncio.to_thread(check_files, settings)).items[2].id == "latte"
    async with open_cashier(settings) as cashier:
        assert (await cashier.place()).status == 201


async def test_a_menu_that_only_a_newer_release_can_read_is_listed_and_replaced(
    new_cashier: ServedCashier,
) -> None:
    menu, _ = await read(new_cashier)
    await record(new_cashier, 2, menu | {"items": {"latte": {"name": "by the hour"}}})
    unreadable = await new_cashier.staff("POST", "/menu/versions/2/restore")
    restored = await new_cashier.staff("POST", "/menu/versions/1/restore")
    listed = (await new_cashier.staff("GET", "/menu/versions")).body["versions"]

    assert unreadable.problem == (422, "/problems/invalid-menu")
    assert (restored.body, restored.headers["ETag"]) == (menu, '"3"')
    assert [each["changes"] for each in listed] == [
        "12 item(s), 5 modifier(s)",
        "another release has made this, and this one cannot read it",
        "12 item(s), 5 modifier(s)",
    ]


@pytest.mark.parametrize(
    "version", ["0", "99", "1a7e", "%D9%A7", "999999999", "9" * 19, "9" * 5000]
)
async def test_a_version_that_never_was_cannot_be_restored(
    cashier: ServedCashier, version: str
) -> None:
    missed = await cashier.staff("POST", f"/menu/versions/{version}/restore")
    assert missed.problem == (404, "/problems/not-found")


async def test_the_currency_can_be_changed_until_there_are_orders(
    new_cashier: ServedCashier,
) -> None:
    menu, tag = await read(new_cashier)
    in_euro = await put(new_cashier, menu | {"currency": "EUR"}, tag)
    await new_cashier.place()
    refused = [
        await put(new_cashier, menu | {"currency": "CHF"}, in_euro.headers["ETag"]),
        await new_cashier.staff("POST", "/menu/versions/1/restore"),
    ]
    assert in_euro.status == 200
    for each in refused:
        assert each.problem == (422, "/problems/invalid-menu")
        assert each.pointers == ["/currency"]
        assert "there are orders in EUR" in each.body["detail"]


@pytest.mark.parametrize(
    ("included", "serve", "expected"),
    [
        # 2 large lattes with oat milk, 10.40 at the menu's prices
        (True, "here", (1040, 166, "19", 874)),
        (True, "away", (1040, 68, "7", 972)),
        (True, None, (1040, 68, "7", 972)),
        (False, "here", (1238, 198, "19", 1040)),
        (False, "away", (1113, 73, "7", 1040)),
    ],
)
async def test_an_order_is_taxed_as_its_menu_says_and_by_where_it_is_eaten(
    cashier: ServedCashier, *, included: bool, serve: str | None, expected: tuple[Any, ...]
) -> None:
    menu, tag = await read(cashier)
    items = {each: item | {"tax": "standard"} for each, item in menu["items"].items()}
    taxed = menu | {"items": items, "tax": TAXED | {"prices_include_tax": included}}
    assert (await put(cashier, taxed, tag)).status == 200

    placed = (await cashier.place(ORDER | ({} if serve is None else {"serve": serve}))).body

    total, tax, rate, net = expected
    assert (placed["total"], placed["tax"], placed["serve"]) == (total, tax, serve or "away")
    assert placed["prices_include_tax"] is included
    assert placed["taxes"] == [{"rate": rate, "net": net, "tax": tax, "gross": total}]
    (line,) = placed["items"]
    assert (line["total"], line["tax_rate"], line["tax"]) == (1040, rate, tax)
    menu_now = (await cashier.ask("GET", "/menu")).body
    assert menu_now["items"][0]["tax_rates"] == {"here": "19", "away": "7"}
    found = await cashier.ask("GET", f"/orders/{placed['id']}")
    assert found.body["taxes"] == placed["taxes"]


async def test_where_it_is_eaten_is_one_of_two(cashier: ServedCashier) -> None:
    refused = await cashier.place(ORDER | {"serve": "outside"})
    assert refused.problem == (422, "/problems/invalid-order")
    assert refused.pointers == ["/serve"]


async def test_sizes_and_modifiers_are_sold_out_until_they_are_back(
    new_cashier: ServedCashier,
) -> None:
    gone = await new_cashier.staff("PUT", "/menu/items/latte", {"sizes": {"large": True}})
    no_oat = await new_cashier.staff("PUT", "/menu/modifiers/oat-milk", {"sold_out": True})
    refused = await new_cashier.place()
    latte = (await new_cashier.ask("GET", "/menu")).body["items"][2]

    assert [size["sold_out"] for size in gone.body["sizes"]] == [False, False, True]
    assert (gone.body["sold_out"], no_oat.body["sold_out"]) == (False, True)
    assert latte["sizes"] == gone.body["sizes"]
    assert [each["id"] for each in latte["modifiers"] if each["sold_out"]] == ["oat-milk"]
    assert refused.problem == (422, "/problems/not-on-the-menu")
    assert refused.body["errors"] == [
        {"pointer": "/items/0/size", "detail": "Caffè latte, Large, is sold out"},
        {"pointer": "/items/0/modifiers/0", "detail": "Oat milk is sold out"},
    ]
    none_left = {"sizes": dict.fromkeys(("small", "medium"), True)}
    assert (await new_cashier.staff("PUT", "/menu/items/latte", none_left)).body["sold_out"]
    await new_cashier.staff("PUT", "/menu/items/latte", {"sizes": {"large": False}})
    await new_cashier.staff("PUT", "/menu/modifiers/oat-milk", {"sold_out": False})
    assert (await new_cashier.place()).status == 201


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        ("/menu/items/latte", {}, (422, "/problems/invalid-setting")),
        ("/menu/items/latte", {"sizes": {"huge": True}}, (422, "/problems/invalid-setting")),
        ("/menu/items/latte", {"sizes": {"large": "yes"}}, (422, "/problems/invalid-setting")),
        ("/menu/modifiers/gin", {"sold_out": True}, (404, "/problems/not-found")),
        ("/menu/modifiers/decaf", {"sold_out": 1}, (422, "/problems/invalid-setting")),
    ],
)
async def test_what_there_is_not_cannot_be_sold_out(
    cashier: ServedCashier, path: str, body: object, problem: tuple[int, str]
) -> None:
    assert (await cashier.staff("PUT", path, body)).problem == problem


async def test_a_menu_of_two_hundred_items_is_taken_and_one_beyond_all_bounds_is_not(
    new_cashier: ServedCashier,
) -> None:
    menu, tag = await read(new_cashier)
    item = menu["items"]["latte"] | {"description": "x" * 200, "allergens": list(Allergen)}
    many = menu | {"items": {f"item-{n}": item for n in range(200)}}
    taken = await put(new_cashier, many, tag)
    too_many = await put(
        new_cashier,
        menu | {"items": {f"item-{n}": item for n in range(501)}},
        taken.headers["ETag"],
    )
    huge = await put(new_cashier, b" " * (320 * 1024 + 1), taken.headers["ETag"])

    assert taken.status == 200
    assert len((await new_cashier.ask("GET", "/menu")).body["items"]) == 200
    assert too_many.status in {413, 422}
    assert huge.problem == (413, "/problems/content-too-large")


async def test_who_waits_to_be_asked_for_a_long_menu_is_asked(cashier: ServedCashier) -> None:
    reader, writer = await asyncio.open_connection(cashier.url.host, cashier.url.port)
    with closing(writer):
        writer.write(
            b"PUT /menu/document HTTP/1.1\r\nHost: shop\r\nExpect: 100-continue\r\n"
            b"Authorization: Bearer %s\r\nContent-Length: 200000\r\n\r\n" % STAFF_KEY.encode()
        )
        async with asyncio.timeout(5):
            assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"


async def test_of_cashiers_that_start_at_once_one_records_its_file(
    ministack: str, tmp_path: Path
) -> None:
    settings = settings_for(ministack, tmp_path)
    async with AsyncExitStack() as stack:
        opened = [open_store(settings, None, utc_now) for _ in range(5)]
        stores = [await stack.enter_async_context(each) for each in opened]
        files = [SHIPPED.model_copy(update={"currency": f"AA{each}"}) for each in "ABCDE"]
        opening = map(open_menu, stores, files, [utc_now] * 5)
        menus = await asyncio.gather(*opening)
        versions = await stores[0].document_versions(DocumentKind.MENU, 10)
        assert [(each.version, each.by) for each in versions] == [(1, "menu file")]
        used = {(await menu.current()).value.currency for menu in menus}
        assert len(used) == 1


async def test_once_opened_the_menu_of_the_store_counts_and_another_file_is_told_once(
    ministack: str, tmp_path: Path
) -> None:
    settings = settings_for(ministack, tmp_path)
    other = tmp_path / "other.yaml"
    other.write_text(CashierSettings().menu.read_text().replace("currency: USD", "currency: EUR"))
    async with open_cashier(settings) as cashier:
        menu, tag = await read(cashier)
        await put(cashier, with_price(menu, 470), tag)
    for file, told in ((settings.menu, 0), (other, 1)):
        with structlog.testing.capture_logs() as logs:
            async with open_cashier(settings.model_copy(update={"menu": file})) as cashier:
                assert (await cashier.place()).body["items"][0]["unit_price"] == 540
        assert len([each for each in logs if each["event"] == "menu.file_not_used"]) == told
    assert (await asyncio.to_thread(check_files, settings)).items[2].sizes[2].price == 470
