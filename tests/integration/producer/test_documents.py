"""A document of the shop in two processes: read through a cache, changed by version."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from producer.documents.document import Document
from shared.clock import utc_now
from shared.store.contract import Store, StoreUnavailableError
from shared.store.document_contract import DocumentChangedError, DocumentKind, DocumentVersion
from shared.store.sqlite.store import open_sqlite_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_sqlite_store(tmp_path / "orders.sqlite3", "main") as store:
        yield store


def open_document(store: Store, monotonic: Callable[[], float] = lambda: 0) -> Document[int]:
    return Document(DocumentKind.HOURS, store, int, "0", utc_now, monotonic)


async def test_a_change_is_seen_at_once_where_it_was_made_and_elsewhere_within_a_second(
    store: Store,
) -> None:
    seconds = 0.0
    ours, theirs = open_document(store), open_document(store, lambda: seconds)
    assert [(await document.get()).value for document in (ours, theirs)] == [0, 0]

    await ours.put(1, "1", "owner")

    assert [(await document.get()).value for document in (ours, theirs)] == [1, 0]
    seconds = 1.0
    assert (await theirs.get()).value == 1


async def test_an_editor_of_an_older_version_is_refused_and_changes_nothing(store: Store) -> None:
    document = open_document(store)
    await document.put(1, "1", "ada", expected={0})
    with pytest.raises(DocumentChangedError, match="version 1 is the newest"):
        await document.put(2, "2", "grace", expected={0})

    assert (await document.newest()).value == 1
    assert (await document.put(2, "2", "grace", expected={1})).version == 2
    assert [(one.version, one.by) for one in await document.versions(9)] == [
        (2, "grace"),
        (1, "ada"),
    ]


async def test_what_is_recorded_already_makes_no_version_and_is_not_refused(store: Store) -> None:
    document = open_document(store)
    await document.put(1, "1", "owner", expected={0})
    assert (await document.put(1, "1", "owner", expected={0})).version == 1
    assert (await document.put(1, "1", "owner")).version == 1
    assert len(await document.versions(9)) == 1


async def test_editors_who_name_no_version_all_succeed_one_after_another(store: Store) -> None:
    documents = [open_document(store) for _ in range(4)]
    bodies = [str(number) for number in range(1, 13)]
    reads = await asyncio.gather(
        *(documents[at % 4].put(int(body), body, "owner") for at, body in enumerate(bodies))
    )
    assert sorted(read.version for read in reads) == list(range(1, 13))
    assert {one.body for one in await documents[0].versions(99)} == set(bodies)


class LosesAnswers:
    """A store whose puts are recorded, and reported as failed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.document = store.document
        self.document_versions = store.document_versions

    async def put_document(self, new: DocumentVersion) -> None:
        await self._store.put_document(new)
        raise StoreUnavailableError("the answer was lost")


async def test_a_change_whose_answer_was_lost_is_in_force_and_can_be_repeated(
    store: Store,
) -> None:
    document = Document(DocumentKind.HOURS, LosesAnswers(store), int, "0", utc_now, lambda: 0)
    assert (await document.get()).value == 0
    with pytest.raises(StoreUnavailableError):
        await document.put(1, "1", "owner", expected={0})

    assert (await document.get()).value == 1
    assert (await document.put(1, "1", "owner", expected={0})).version == 1
