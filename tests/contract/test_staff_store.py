"""The staff's keys, and who changed what."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from notifier.store.contract import NotifierStore
from shared.domain.change import Change, Changed
from shared.domain.shop import ShopState, ShopStatus
from shared.domain.staff import (
    MOST_KEYS,
    NameTakenError,
    StaffKey,
    StaffKeyRecord,
    StaffRole,
    TooManyKeysError,
)
from shared.store.contract import InvalidCursorError, Store
from shared.store.document_contract import DocumentChangedError, DocumentKind, DocumentVersion
from tests.contract.conftest import OpenStore
from tests.contract.orders import NOON, in_isolation


def key(name: str, seconds: float = 0, role: StaffRole = StaffRole.BARISTA) -> StaffKeyRecord:
    created_at = NOON + dt.timedelta(seconds=seconds)
    return StaffKeyRecord(StaffKey(f"id-{name}", name, role), f"digest-{name}", created_at, "owner")


def change(detail: str, seconds: float = 0, what: Changed = Changed.STAFF_KEYS) -> Change:
    return Change(NOON + dt.timedelta(seconds=seconds), "ada", what, detail)


async def details(store: Store | NotifierStore) -> list[str]:
    return [one.detail for one in (await store.changes(1000)).changes]


async def test_a_key_is_known_to_every_process_until_it_is_withdrawn(
    store: Store, second_store: Store
) -> None:
    ada, grace = key("ada", 1, StaffRole.MANAGER), key("grace", 2)
    await store.add_staff_key(ada, change("ada"))
    await second_store.add_staff_key(grace, change("grace"))
    assert list(await second_store.staff_keys()) == [ada, grace]
    assert await store.withdraw_staff_key(ada.key.id, change("no ada"))
    assert list(await second_store.staff_keys()) == [grace]
    assert not await second_store.withdraw_staff_key(ada.key.id, change("no ada, again"))
    assert sorted(await details(store)) == ["ada", "grace", "no ada"]


async def test_the_notifiers_store_has_the_keys_and_the_changes_too(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    await notifier.add_staff_key(key("ada"), change("ada"))
    await notifier.record_change(change("redriven", 1, Changed.DELIVERIES))
    assert list(await second_notifier.staff_keys()) == [key("ada")]
    assert await details(second_notifier) == ["redriven", "ada"]


@pytest.mark.parametrize("name", ["Ada", "ada", "owner", "Owner"])
async def test_no_two_keys_have_one_name_and_what_was_refused_is_not_recorded(
    store: Store, name: str
) -> None:
    await store.add_staff_key(key("Ada"), change("first"))
    with pytest.raises(NameTakenError):
        await store.add_staff_key(key(name, 1), change("second"))
    assert list(await store.staff_keys()) == [key("Ada")]
    assert await details(store) == ["first"]


@in_isolation
async def test_of_keys_that_are_added_at_once_all_are_there_and_one_of_each_name(
    store: Store, second_store: Store
) -> None:
    names = ["ada", "grace", "joan", "ada"]
    stores = [store, second_store] * 2
    added = [
        one.add_staff_key(key(name), change(name)) for one, name in zip(stores, names, strict=True)
    ]
    results = await asyncio.gather(*added, return_exceptions=True)
    assert [type(result) for result in results].count(NameTakenError) == 1
    assert {one.key.name for one in await store.staff_keys()} == {"ada", "grace", "joan"}
    assert sorted(await details(store)) == ["ada", "grace", "joan"]


async def test_there_are_no_more_keys_than_a_shop_may_have(store: Store) -> None:
    for number in range(MOST_KEYS):
        await store.add_staff_key(key(f"till {number}", number), change(str(number), number))
    with pytest.raises(TooManyKeysError):
        await store.add_staff_key(key("one more"), change("one more"))
    assert len(await store.staff_keys()) == len(await details(store)) == MOST_KEYS


async def test_one_shop_has_not_the_keys_and_changes_of_another(
    store: Store, open_shop: OpenStore, shop_id: str
) -> None:
    await store.add_staff_key(key("ada"), change("ada"))
    async with open_shop(f"{shop_id}-elsewhere") as elsewhere:
        assert list(await elsewhere.staff_keys()) == []
        assert await details(elsewhere) == []


async def test_a_change_is_recorded_with_what_it_changes(store: Store, second_store: Store) -> None:
    paused = change("paused", 1, Changed.SHOP)
    sold_out = change("latte is sold out", 2, Changed.SOLD_OUT)
    await store.set_state(ShopState.PAUSED, None, None, paused)
    await store.set_sold_out("latte", sold_out=True, change=sold_out)
    version = DocumentVersion(DocumentKind.HOURS, 1, NOON + dt.timedelta(seconds=3), "ada", "{}")
    await store.put_document(version)

    assert await second_store.status() == ShopStatus(
        ShopState.PAUSED, sold_out=frozenset({"latte"})
    )
    hours, *rest = (await second_store.changes(10)).changes
    assert rest == [sold_out, paused]
    assert (hours.at, hours.by, hours.what, hours.detail) == (
        version.at,
        "ada",
        Changed.HOURS,
        "version 1",
    )


async def test_what_changes_nothing_is_not_recorded(store: Store) -> None:
    await store.set_sold_out("latte", sold_out=False, change=change("back", 1))
    await store.set_sold_out("latte", sold_out=True, change=change("sold out", 2))
    await store.set_sold_out("latte", sold_out=True, change=change("sold out, again", 3))
    version = DocumentVersion(DocumentKind.HOURS, 2, NOON, "ada", "{}")
    with pytest.raises(DocumentChangedError):
        await store.put_document(version)
    assert await details(store) == ["sold out"]
    assert (await store.status()).sold_out == {"latte"}


@in_isolation
async def test_two_who_tap_at_once_are_both_heard(store: Store, second_store: Store) -> None:
    items = [f"item {number}" for number in range(8)]
    stores = [store, second_store] * 4
    await asyncio.gather(
        *(
            one.set_sold_out(item, sold_out=True, change=change(item))
            for one, item in zip(stores, items, strict=True)
        )
    )
    assert (await store.status()).sold_out == set(items)
    assert sorted(await details(store)) == items


async def test_changes_are_listed_by_page_the_newest_first(store: Store) -> None:
    recorded = [change(str(number), number // 2) for number in range(7)]
    for one in recorded:
        await store.record_change(one)
    listed: list[Change] = []
    cursor: str | None = None
    while True:
        page = await store.changes(3, cursor)
        listed += page.changes
        if (cursor := page.next_cursor) is None:
            break
        assert len(page.changes) == 3
    assert listed == sorted(recorded, key=lambda one: (one.at, one.id), reverse=True)
    with pytest.raises(InvalidCursorError):
        await store.changes(3, "made up")


async def test_a_page_that_ends_with_the_last_change_is_the_last(store: Store) -> None:
    for number in range(2):
        await store.record_change(change(str(number), number))
    assert (await store.changes(2)).next_cursor is None


async def test_changes_are_kept_until_they_are_deleted_or_expire(
    store: Store, open_shop: OpenStore, shop_id: str
) -> None:
    for number in range(3):
        await store.record_change(change(str(number), number))
    async with open_shop(f"{shop_id}-elsewhere") as elsewhere:
        await elsewhere.record_change(change("elsewhere"))
        deleted = await store.delete_changes(NOON + dt.timedelta(seconds=2))
        assert await details(elsewhere) == ["elsewhere"]
    assert await details(store) == ["2", "1", "0"][: 3 - deleted]
