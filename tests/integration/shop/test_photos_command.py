"""`coffeeshop photos` as staff run it: a real process, a whole shop, and a bucket's form."""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image

from shared.aws.clients import aws_clients
from shared.photos.factory import open_photo_store
from shared.photos.s3 import S3PhotoStore
from shop.cli import terminal
from shop.client.answers import ProblemError
from shop.client.photos import post_form, upload
from shop.processes.provision import provision_shop
from tests.support.command_line import Outcome, coffeeshop, run
from tests.support.s3 import s3_settings
from tests.support.shop import RunningShop, open_shop
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

NOBODY = "http://127.0.0.1:9"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    folder = tmp_path_factory.mktemp("shop") / "var"
    async with open_shop(folder, COFFEE_PHOTO_WORKERS="1") as shop:
        picture = folder.with_name("first.jpg")
        picture.write_bytes(jpeg())
        first = await photos(shop, "upload", "cappuccino", str(picture))
        assert first.code == 0, first.err  # a photo worker has come for it
        yield shop


async def photos(shop: RunningShop, *arguments: str) -> Outcome:
    return await run(shop.url, "photos", *arguments, COFFEE_STAFF_KEY=shop.staff_key, COLUMNS="300")


async def on_the_menu(shop: RunningShop, item: str) -> bool:
    async with aiohttp.ClientSession(shop.url) as http, http.get("/menu") as response:
        listed = (await response.json())["items"]
    return bool(next(one for one in listed if one["id"] == item)["photo"])


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "photo.jpg"
    file.write_bytes(jpeg())
    return file


def jpeg() -> bytes:
    file = io.BytesIO()
    Image.effect_noise((800, 600), 80).convert("RGB").save(file, "JPEG")
    return file.getvalue()


async def test_a_photo_is_uploaded_listed_and_taken_off(shop: RunningShop, picture: Path) -> None:
    uploaded = await photos(shop, "upload", "latte", str(picture))
    assert (uploaded.code, uploaded.err) == (0, "")
    assert uploaded.out == "The photo of latte is on the menu.\n"
    assert await on_the_menu(shop, "latte")

    again = await photos(shop, "upload", "espresso", str(picture), "--json")
    shown = json.loads(again.out)
    assert (shown["item_id"], shown["state"]) == ("espresso", "shown")
    async with (
        aiohttp.ClientSession(shop.url) as http,
        http.get(shown["photo"]["src"]) as answer,
    ):
        assert answer.content_type == "image/jpeg"

    listed = await photos(shop, "list")
    heads, *rows = listed.lines
    assert heads.split() == ["Item", "State", "Pixels", "Size"]
    (place,) = [place for place, row in enumerate(rows) if row.startswith("espresso")]
    assert rows[place].split()[1:3] == ["shown", "800x600"]
    assert rows[place + 1].startswith("    same picture: ")
    assert "latte" in rows[place + 1]
    as_json = json.loads((await photos(shop, "list", "--json")).out)
    assert {"espresso", "latte"} <= {one["item_id"] for one in as_json}

    removed = await photos(shop, "remove", "latte")
    assert (removed.code, removed.out) == (0, "latte has no photo on the menu.\n")
    held = await photos(shop, "consent", "espresso")
    assert (held.code, len(held.err.splitlines())) == (1, 1)


async def test_a_photo_that_has_no_place_is_sent_again_when_the_shop_says(picture: Path) -> None:
    answers, bodies = [503, 204], []

    async def form(request: web.Request) -> web.Response:
        return web.json_response({"url": str(request.url.with_path("/uploads")), "fields": {}})

    async def take(request: web.Request) -> web.Response:
        bodies.append((await request.post())["file"].file.read())  # type: ignore[union-attr]
        return web.Response(status=answers.pop(0), headers={"Retry-After": "1"})

    app = web.Application()
    app.add_routes([web.post("/menu/items/latte/photo", form), web.post("/uploads", take)])
    async with TestServer(app) as server, aiohttp.ClientSession(server.make_url("/")) as http:
        await upload(http, "latte", picture, lambda _: None)
    first, second = bodies
    assert first == second
    assert first.startswith(b"\xff\xd8")


async def test_a_refused_photo_is_told_with_its_reason(shop: RunningShop, tmp_path: Path) -> None:
    text = tmp_path / "latte.jpg"
    text.write_text("no picture at all")
    refused = await photos(shop, "upload", "latte", str(text))
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("The photo of latte is refused: ")
    assert len(refused.err.splitlines()) == 1
    as_json = await photos(shop, "upload", "latte", str(text), "--json")
    assert (as_json.code, json.loads(as_json.out)["state"]) == (1, "refused")


async def test_a_photo_of_no_item_is_refused(shop: RunningShop, picture: Path) -> None:
    for arguments in (
        ("upload", "no/such", str(picture)),
        ("remove", "nectar"),
        ("consent", "no"),
    ):
        refused = await photos(shop, *arguments)
        assert (refused.code, len(refused.err.splitlines())) == (1, 1), refused


async def test_of_two_who_upload_at_once_each_is_told_what_became_of_their_own(
    shop: RunningShop, picture: Path, tmp_path: Path
) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("no picture at all")
    (worker,) = shop.children("worker.photos")
    worker.suspend()
    uploads = [
        asyncio.create_task(photos(shop, "upload", "mocha", str(file))) for file in (picture, text)
    ]
    try:
        await until(lambda: both_wait(shop), 20)
    finally:
        worker.resume()
    good, bad = await asyncio.gather(*uploads)
    assert (good.code, good.out) == (0, "The photo of mocha is on the menu.\n")
    assert (bad.code, bad.out) == (1, "")


async def both_wait(shop: RunningShop) -> bool:
    return len(list((shop.folder / "photos" / "uploads" / "main" / "mocha").glob("*"))) == 2


async def test_a_photo_that_nobody_has_looked_at_is_stored(
    shop: RunningShop, picture: Path
) -> None:
    (worker,) = shop.children("worker.photos")
    worker.suspend()
    try:
        waits = await photos(shop, "upload", "tea", str(picture), "--wait", "0")
    finally:
        worker.resume()
    assert (waits.code, waits.out) == (1, "")
    assert waits.err == "The photo of tea is stored, and nobody has looked at it yet.\n"


async def test_a_file_that_cannot_be_a_photo_is_not_sent(tmp_path: Path) -> None:
    large, empty, missing = (tmp_path / name for name in ("large", "empty", "missing"))
    empty.touch()
    large.touch()
    os.truncate(large, 20 * 2**20 + 1)
    for file, said in (
        (large, "has 20.0 MiB; a photo has 20 at most."),
        (empty, "is empty."),
        (missing, "there is no such file."),
        (tmp_path, "is not a file."),
    ):
        refused = await coffeeshop(
            "photos", "upload", "latte", str(file), COFFEE_URL=NOBODY, COLUMNS="300"
        )
        assert (refused.code, refused.err) == (terminal.MISUSED, f"{file}: {said}\n")


async def test_a_form_that_leads_to_a_bucket_is_posted_there(
    ministack_s3: str, picture: Path
) -> None:
    settings = s3_settings(ministack_s3, "photos-of-commands")
    await provision_shop(settings)
    sent: list[int] = []
    async with aws_clients(settings) as clients, open_photo_store(settings, clients) as store:
        assert isinstance(store, S3PhotoStore)
        form = await store.form("latte")
        await post_form({"url": form.url, "fields": dict(form.fields)}, picture, sent.append)
        (upload,) = await store.uploads("latte")
        stored = await store.read_upload("latte", upload.version_id)
        assert Image.open(io.BytesIO(stored or b"")).size == (800, 600)
        assert max(sent) == upload.size

        forged = {**form.fields, "key": "uploads/main/espresso"}
        with pytest.raises(ProblemError) as refused:
            await post_form({"url": form.url, "fields": forged}, picture, sent.append)
        assert len(refused.value.lines) == 1
        assert refused.value.lines[0].startswith("The photo is refused: ")
