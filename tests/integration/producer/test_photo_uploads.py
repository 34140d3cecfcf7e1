"""A photo is uploaded whole or not at all, by who has a form for it, whatever else happens."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import os
import resource
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
import pytest_asyncio

from producer.photos.uploads import AT_ONCE, AT_ONCE_BY_FORM
from producer.settings import CashierSettings
from shared.clock import utc_now
from shared.domain.photo import KEPT_UPLOADS, LARGEST_UPLOAD, Upload, UploadState, decide
from shared.photos.files import FilePhotoStore
from shared.web.limits import WebLimits
from shop.processes.probe import wait_until_healthy
from tests.support.cashier import ServedCashier, open_cashier, provisioned_shop, settings_for
from tests.support.cashier_process import process_of
from tests.support.emulator import free_port
from tests.support.link import link_to
from tests.support.photos import (
    END,
    JPEG,
    asked_form,
    part,
    parts_of,
    post_form,
    post_parts,
    take_events,
)
from tests.support.waiting import eventually
from tests.support.web import connected, said_to

pytestmark = pytest.mark.asyncio(loop_scope="module")

MIB = 2**20


@pytest_asyncio.fixture(loop_scope="module")
async def cashier(ministack: str, tmp_path: Path) -> AsyncIterator[ServedCashier]:
    """A cashier who waits for a slow sender for a second only."""
    settings = settings_for(ministack, tmp_path)
    async with open_cashier(settings, limits=WebLimits(body_seconds=1)) as cashier:
        yield cashier


@pytest.fixture
def files(tmp_path: Path) -> FilePhotoStore:
    return FilePhotoStore(tmp_path / "photos", "main")


def left_in(folder: Path) -> list[Path]:
    return [path for path in (folder / "photos").rglob("*") if path.is_file()]


async def test_a_photo_that_was_answered_is_stored_and_its_event_is_queued(
    cashier: ServedCashier, files: FilePhotoStore
) -> None:
    photo = JPEG + os.urandom(3 * MIB)
    form = await asked_form(cashier.http, cashier.url)
    assert form["url"] == f"{cashier.url}/photos/uploads"

    sent = [await post_form(cashier.http, form, each) for each in (photo, JPEG)]

    assert [each.status for each in sent] == [204, 204]
    uploads = await files.uploads("latte")
    stored = [await files.read_upload("latte", each.version_id) for each in uploads]
    assert stored == [photo, JPEG]
    events = await take_events(cashier.clients, cashier.names, least=2)
    assert {(each.item_id, each.version_id, each.sequencer, each.size) for each in events} == {
        ("latte", each.version_id, each.version_id, each.size) for each in uploads
    }


async def test_an_upload_comes_after_all_that_were_looked_at_wherever_the_clock_stands(
    cashier: ServedCashier, files: FilePhotoStore
) -> None:
    ahead = f"{time.time_ns() + 3600 * 10**9:018X}"
    record = await cashier.store.photo_record("latte")
    upload = Upload(ahead, utc_now(), UploadState.REFUSED, "for a test")
    await cashier.store.replace_photo_record(decide(record, upload))
    await post_form(cashier.http, await asked_form(cashier.http, cashier.url))
    (uploaded,) = await files.uploads("latte")
    assert uploaded.version_id > ahead


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in chunks"])
async def test_a_photo_of_more_than_20_mib_is_refused_and_nothing_of_it_is_left(
    cashier: ServedCashier, tmp_path: Path, *, announced: bool
) -> None:
    form = await asked_form(cashier.http, cashier.url)
    body = b"".join(part(*each) for each in parts_of(form))
    body += part("file", b"\xff" * (LARGEST_UPLOAD + 1 if announced else 21 * MIB)) + b"--limit--"

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), MIB):
            yield body[start : start + MIB]

    headers = {"Content-Type": "multipart/form-data; boundary=limit"}
    data = io.BytesIO(body) if announced else chunks()
    async with cashier.http.post(form["url"], data=data, headers=headers) as response:
        assert response.status == 413
        assert (await response.json())["type"] == "/problems/content-too-large"
    assert left_in(tmp_path) == []


async def test_forged_and_borrowed_forms_are_refused_before_a_byte_of_the_file_is_stored(
    cashier: ServedCashier, tmp_path: Path
) -> None:
    form = await asked_form(cashier.http, cashier.url)
    other = await asked_form(cashier.http, cashier.url, "mocha")
    policy = json.loads(base64.b64decode(form["fields"]["policy"]))
    longer = base64.b64encode(json.dumps(policy | {"expiration": "2999-01-01T00:00:00Z"}).encode())
    for changed in (
        {"signature": "0" * 64},
        {"signature": "ä"},
        {"policy": longer.decode()},
        {"key": other["fields"]["key"]},
    ):
        sent = await post_form(cashier.http, form | {"fields": form["fields"] | changed})
        assert (sent.status, sent.problem) == (403, "/problems/form-refused")
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("wrong", ["first", "twice", "more", "no file", "empty", "cut", "encoded"])
async def test_a_form_that_is_not_as_it_should_be_is_refused_and_nothing_is_left(
    cashier: ServedCashier, tmp_path: Path, wrong: str
) -> None:
    form = await asked_form(cashier.http, cashier.url)
    fields, file = parts_of(form), ("file", JPEG)
    parts = {
        "first": [file, *fields],
        "twice": [*fields, file, file],
        "more": [*fields, ("acl", b"public"), file],
        "no file": fields,
        "empty": [*fields, ("file", b"")],
        "cut": [*fields, file],
        "encoded": [*fields, ('file"\r\nContent-Transfer-Encoding: base64\r\nX: "', JPEG)],
    }[wrong]
    end = b"" if wrong == "cut" else END
    sent = await post_parts(cashier.http, form["url"], parts, end)
    assert (sent.status, sent.problem) == (422, "/problems/invalid-form")
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Type: application/json\r\n", 415),
        (b"Content-Type: multipart/form-data\r\n", 422),
        (b"Content-Type: multipart/form-data; boundary=" + b"x" * 71 + b"\r\n", 422),
        (b"Content-Type: multipart/form-data; boundary=limit\r\n", 422),
    ],
)
async def test_what_is_no_form_at_all_is_refused_fast(
    cashier: ServedCashier, head: bytes, status: int
) -> None:
    """A line costs time however short it is: a megabyte of them would cost seconds."""
    request = b"POST /photos/uploads HTTP/1.1\r\nHost: shop\r\n" + head
    request += b"Content-Length: %d\r\n\r\n" % MIB
    started = time.monotonic()
    answered = await said_to(cashier.url, request + b"\n" * MIB)
    assert answered.startswith(f"HTTP/1.1 {status} ")
    assert time.monotonic() - started < 1


async def test_curl_uploads_by_a_form_and_waits_for_100_continue(
    cashier: ServedCashier, files: FilePhotoStore, tmp_path: Path
) -> None:
    photo = tmp_path / "latte.jpg"
    photo.write_bytes(os.urandom(2 * MIB))
    form = await asked_form(cashier.http, cashier.url)
    fields = [f"-F{name}={value}" for name, value in form["fields"].items()]
    curl = await asyncio.create_subprocess_exec(
        *("curl", "-sv", *fields, f"-Ffile=@{photo}", form["url"]), stderr=asyncio.subprocess.PIPE
    )
    _, said = await curl.communicate()
    assert b"100 Continue" in said
    assert b"204 No Content" in said
    (upload,) = await files.uploads("latte")
    assert await files.read_upload("latte", upload.version_id) == photo.read_bytes()


async def test_who_sends_slower_than_a_phone_is_told_so_and_leaves_nothing(
    cashier: ServedCashier, tmp_path: Path
) -> None:
    head, body = await raw_upload(cashier, MIB)
    async with connected(cashier.url) as (reader, writer):
        writer.write(head + body[: 16 * 1024])
        async with asyncio.timeout(5):
            assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
    assert left_in(tmp_path) == []


async def test_who_goes_away_leaves_nothing_and_gives_the_place_back(
    cashier: ServedCashier, tmp_path: Path
) -> None:
    head, body = await raw_upload(cashier, MIB)
    for _ in range(AT_ONCE + 1):
        async with connected(cashier.url) as (_, writer):
            writer.write(head + body[: MIB // 2])
            await writer.drain()
            await eventually(lambda: left_in(tmp_path) != [])
        await eventually(lambda: left_in(tmp_path) == [])
    assert (
        await post_form(cashier.http, await asked_form(cashier.http, cashier.url))
    ).status == 204


async def test_a_few_uploads_at_once_have_places_and_slow_ones_hold_no_place_of_an_order(
    ministack: str, tmp_path: Path
) -> None:
    limits = WebLimits(requests_at_once=1)
    async with open_cashier(settings_for(ministack, tmp_path), limits=limits) as cashier:
        items = ("latte", "mocha", "tea")
        async with contextlib.AsyncExitStack() as stack:
            for item in items:
                head, body = await raw_upload(cashier, MIB, item)
                for _ in range(AT_ONCE // len(items)):
                    _, writer = await stack.enter_async_context(connected(cashier.url))
                    writer.write(head + body[: MIB // 2])
                    await writer.drain()
            await eventually(lambda: len(left_in(tmp_path)) == AT_ONCE)
            refused = await post_form(cashier.http, await asked_form(cashier.http, cashier.url))
            assert (refused.status, refused.problem) == (503, "/problems/photo-not-taken")
            assert int(refused.headers["Retry-After"]) > 0
            assert (await cashier.place()).status == 201


async def test_who_has_one_form_leaves_places_to_others(
    cashier: ServedCashier, tmp_path: Path
) -> None:
    form = await asked_form(cashier.http, cashier.url)
    async with contextlib.AsyncExitStack() as stack:
        head, body = await raw_upload(cashier, MIB, form=form)
        for _ in range(AT_ONCE_BY_FORM):
            _, writer = await stack.enter_async_context(connected(cashier.url))
            writer.write(head + body[: MIB // 2])
            await writer.drain()
        await eventually(lambda: len(left_in(tmp_path)) == AT_ONCE_BY_FORM)
        refused = await post_form(cashier.http, form)
        assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
        other = await asked_form(cashier.http, cashier.url, "mocha")
        assert (await post_form(cashier.http, other)).status == 204


async def test_no_more_photos_of_an_item_wait_than_its_record_keeps(
    cashier: ServedCashier, files: FilePhotoStore
) -> None:
    for _ in range(KEPT_UPLOADS):
        async with files.new_upload("latte") as upload:
            await upload.write(JPEG)
            await upload.commit()
    refused = await post_form(cashier.http, await asked_form(cashier.http, cashier.url))
    assert (refused.status, refused.problem) == (503, "/problems/photo-not-taken")
    other = await asked_form(cashier.http, cashier.url, "mocha")
    assert (await post_form(cashier.http, other)).status == 204


async def test_an_upload_is_durable_without_the_broker_and_its_event_comes_once_it_is_back(
    ministack: str, tmp_path: Path
) -> None:
    settings = settings_for(ministack, tmp_path)
    async with (
        link_to(ministack) as link,
        open_cashier(settings, through=str(link.url)) as cashier,
    ):
        form = await asked_form(cashier.http, cashier.url)
        await link.cut()
        assert (await post_form(cashier.http, form)).status == 204
        assert len(left_in(tmp_path)) == 1
        await link.connect()
        (event,) = await take_events(cashier.clients, cashier.names, least=1)
        assert event.item_id == "latte"


async def test_a_full_disk_refuses_the_photo_leaves_nothing_and_is_no_trouble_afterwards(
    ministack: str, tmp_path: Path
) -> None:
    settings = settings_for(ministack, tmp_path)
    async with provisioned_shop(settings), running(settings) as (process, url, http):
        form = await asked_form(http, url)
        _, most = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (MIB, most))
        refused = await post_form(http, form, os.urandom(2 * MIB))
        assert (refused.status, refused.problem) == (503, "/problems/unavailable")
        assert left_in(tmp_path) == []
        resource.prlimit(process, resource.RLIMIT_FSIZE, (most, most))
        assert (await post_form(http, form, os.urandom(2 * MIB))).status == 204


async def test_memory_does_not_grow_with_what_is_uploaded(ministack: str, tmp_path: Path) -> None:
    settings = settings_for(ministack, tmp_path)
    async with provisioned_shop(settings), running(settings) as (process, url, http):
        forms = [await asked_form(http, url, item) for item in ("latte", "mocha") * 2]
        assert (await post_form(http, forms[0])).status == 204
        before = psutil.Process(process).memory_info().rss
        photo = os.urandom(LARGEST_UPLOAD)
        sent = await asyncio.gather(*(post_form(http, form, photo) for form in forms))
        assert [each.status for each in sent] == [204] * 4
        assert high_water(process) - before < 16 * MIB


async def raw_upload(
    cashier: ServedCashier, size: int, item: str = "latte", form: Any = None
) -> tuple[bytes, bytes]:
    """The head and the body of an upload, for a bare connection."""
    form = form or await asked_form(cashier.http, cashier.url, item)
    parts = [*parts_of(form), ("file", b"\xff" * size)]
    body = b"".join(part(*each) for each in parts) + b"--limit--\r\n"
    head = b"POST /photos/uploads HTTP/1.1\r\nHost: shop\r\nContent-Length: %d\r\n" % len(body)
    return head + b"Content-Type: multipart/form-data; boundary=limit\r\n\r\n", body


@contextlib.asynccontextmanager
async def running(
    settings: CashierSettings,
) -> AsyncIterator[tuple[int, str, aiohttp.ClientSession]]:
    """Run a cashier as a process; give its id, its URL, and a client."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    silent = asyncio.subprocess.DEVNULL
    async with (
        process_of(settings, silent, COFFEE_PORT=str(port)) as process,
        aiohttp.ClientSession() as http,
    ):
        async with asyncio.timeout(20):
            await wait_until_healthy(f"{url}/readyz")
        yield process.pid, url, http


def high_water(process: int) -> int:
    """The most memory that a process ever had, in bytes."""
    status = Path(f"/proc/{process}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024
