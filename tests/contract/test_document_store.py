"""The shop's documents: each version follows the one before, and none is ever replaced."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import pytest

from shared.store.contract import Store
from shared.store.document_contract import DocumentChangedError, DocumentKind, DocumentVersion
from tests.contract.conftest import OpenStore
from tests.contract.orders import NOON, in_isolation

HOURS = DocumentKind.HOURS


def version(number: int, body: str = "{}", kind: DocumentKind = HOURS) -> DocumentVersion:
    at = NOON + dt.timedelta(minutes=number)
    return DocumentVersion(kind, number, at, "owner", body)


async def test_there_is_no_document_before_its_first_version(store: Store) -> None:
    assert await store.document(HOURS) is None
    assert await store.document_versions(HOURS, 10) == []


async def test_the_newest_version_is_read_by_every_process(
    store: Store, second_store: Store
) -> None:
    first, second = version(1, '{"monday": []}'), version(2, '{"name": "Café Zoë\\n ☕"}')
    await store.put_document(first)
    assert await second_store.document(HOURS) == first
    await second_store.put_document(second)
    assert await store.document(HOURS) == second


@pytest.mark.parametrize("number", [0, 1, 2, 4, 999_999_999])
async def test_a_version_that_does_not_follow_the_newest_is_refused(
    store: Store, number: int
) -> None:
    for follows in (1, 2):
        await store.put_document(version(follows))
    with pytest.raises(DocumentChangedError):
        await store.put_document(version(number, '{"another": 1}'))
    assert await store.document_versions(HOURS, 10) == [version(2), version(1)]


async def test_the_first_version_is_number_one(store: Store) -> None:
    with pytest.raises(DocumentChangedError):
        await store.put_document(version(2))
    assert await store.document(HOURS) is None


@in_isolation
async def test_of_several_editors_at_once_one_writes_and_the_others_are_told(
    store: Store, second_store: Store
) -> None:
    drafts = [version(1, f'{{"editor": {editor}}}') for editor in range(6)]
    stores = [store, second_store] * 3
    outcomes = await asyncio.gather(
        *(one.put_document(draft) for one, draft in zip(stores, drafts, strict=True)),
        return_exceptions=True,
    )
    written = [draft for draft, raised in zip(drafts, outcomes, strict=True) if raised is None]
    refused = [raised for raised in outcomes if isinstance(raised, DocumentChangedError)]
    assert len(refused) == 5
    assert written == [await second_store.document(HOURS)]


async def test_versions_are_listed_newest_first_and_page_by_page(store: Store) -> None:
    versions = [version(number) for number in range(1, 13)]
    for one in versions:
        await store.put_document(one)
    newest_first = versions[::-1]

    assert await store.document_versions(HOURS, 5) == newest_first[:5]
    assert await store.document_versions(HOURS, 5, before=8) == newest_first[5:10]
    assert await store.document_versions(HOURS, 5, before=3) == newest_first[10:]
    assert await store.document_versions(HOURS, 5, before=1) == []


async def test_a_list_of_large_versions_is_whole(store: Store) -> None:
    versions = [version(number, f'"{number:0300000}"') for number in range(1, 6)]
    for one in versions:
        await store.put_document(one)
    assert await store.document_versions(HOURS, 5) == versions[::-1]


async def test_one_document_does_not_see_another_nor_that_of_another_shop(
    store: Store, open_shop: OpenStore, shop_id: str
) -> None:
    for kind in DocumentKind:
        await store.put_document(version(1, f'"{kind}"', kind))
    await store.put_document(replace(version(2), body='"more"'))

    assert await store.document(DocumentKind.MENU) == version(1, '"menu"', DocumentKind.MENU)
    async with open_shop(f"{shop_id}-elsewhere") as elsewhere:
        assert await elsewhere.document(HOURS) is None
        await elsewhere.put_document(version(1))
    assert await store.document(HOURS) == version(2, '"more"')
