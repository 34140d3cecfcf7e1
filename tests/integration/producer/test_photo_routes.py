"""An item's photo is uploaded in one way wherever it is kept, followed, decided on, and served."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from producer.settings import CashierSettings
from shared.domain.photo import Photo, Upload, UploadState, decide
from shared.photos.contract import Rendition
from shared.photos.files import FilePhotoStore
from shop.processes.provision import provision_shop
from tests.support.cashier import ServedCashier, open_cashier, settings_for
from tests.support.photos import JPEG, asked_form, post_form, take_events
from tests.support.s3 import KEYS
from tests.support.web import AS_STAFF

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
CONSENT = "/menu/items/latte/photo/consent"


def photo(number: int, likeness: int = 0, *flags: str) -> Photo:
    return Photo(
        hash=f"{number:032x}",
        width=1600,
        height=1200,
        widths=(320, 640, 1280),
        color="#a1b2c3",
        placeholder="data:image/webp;base64,AAAA",
        likeness=f"{likeness:016x}",
        size=1234,
        labels=("Coffee Cup",),
        flags=flags,
    )


def good(number: int, likeness: int = 0) -> Upload:
    return Upload(f"{number:018X}", NOW, UploadState.SHOWN, photo=photo(number, likeness))


def held(number: int) -> Upload:
    picture = photo(number, 0xFF00, "Alcohol")
    return Upload(f"{number:018X}", NOW, UploadState.HELD, "flagged: Alcohol", picture)


def refused(number: int) -> Upload:
    return Upload(f"{number:018X}", NOW, UploadState.REFUSED, "not a picture")


async def decided(cashier: ServedCashier, item: str, *uploads: Upload) -> None:
    """Record what a photo worker has decided."""
    for upload in uploads:
        record = await cashier.store.photo_record(item)
        await cashier.store.replace_photo_record(decide(record, upload))


async def on_the_menu(cashier: ServedCashier, item: str = "latte") -> object:
    items = (await cashier.ask("GET", "/menu")).body["items"]
    return next(each["photo"] for each in items if each["id"] == item)


async def latest_changes(cashier: ServedCashier, count: int) -> Sequence[tuple[str, str]]:
    changes = (await cashier.staff("GET", "/shop/changes")).body["changes"]
    return [(each["what"], each["detail"]) for each in changes[:count]]


@pytest.fixture
def settings(ministack: str, tmp_path: Path) -> CashierSettings:
    return settings_for(ministack, tmp_path)


@pytest.fixture(params=["in the state folder", "in S3"])
async def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> CashierSettings:
    """Settings of a shop whose photos are in either of the two places."""
    if request.param == "in the state folder":
        return settings_for(request.getfixturevalue("ministack"), tmp_path)
    endpoint: str = request.getfixturevalue("ministack_s3")
    bucket = f"s3://routes-{secrets.token_hex(4)}"
    settings = settings_for(endpoint, tmp_path, photos=bucket, **KEYS)
    await provision_shop(settings)
    return settings


@pytest_asyncio.fixture(loop_scope="module")
async def cashier(settings: CashierSettings) -> AsyncIterator[ServedCashier]:
    async with open_cashier(settings) as cashier:
        yield cashier


async def test_clients_upload_in_one_way_wherever_photos_are_kept(
    anywhere: CashierSettings,
) -> None:
    async with open_cashier(anywhere) as cashier:
        before = await cashier.staff("GET", "/menu/items/latte/photo")
        assert before.problem == (404, "/problems/not-found")

        form = await asked_form(cashier.http, cashier.url)
        assert (await post_form(cashier.http, form)).status == 204

        (event,) = await take_events(cashier.clients, cashier.names, least=1)
        assert (event.store_id, event.item_id, event.size) == ("main", "latte", len(JPEG))
        followed = (await cashier.staff("GET", "/menu/items/latte/photo")).body
        assert (followed["state"], followed["photo"], followed["uploads"]) == ("waiting", None, [])
        assert await latest_changes(cashier, 1) == [("photos", "latte: a photo may be uploaded")]
        forged = form | {"fields": form["fields"] | {"policy": "bm90IG91cnM="}}
        assert (await post_form(cashier.http, forged)).status in {400, 403}


async def test_there_is_no_form_for_what_is_not_on_the_menu(cashier: ServedCashier) -> None:
    for item in ("nectar", "latte/large", "..%2Flatte"):
        refusal = await cashier.staff("POST", f"/menu/items/{item}/photo")
        assert refusal.status == 404


async def test_a_form_leads_to_where_the_caller_reaches_the_shop(
    ministack: str, tmp_path: Path
) -> None:
    settings = settings_for(ministack, tmp_path, public_url="https://coffee.example/shop/")
    async with open_cashier(settings) as cashier:
        for host, url in {
            "coffee.example": "https://coffee.example/shop/photos/uploads",
            "192.168.1.7:8080": "http://192.168.1.7:8080/photos/uploads",
        }.items():
            headers = {**AS_STAFF, "Host": host}
            asked = await cashier.ask("POST", "/menu/items/latte/photo", None, headers)
            assert asked.body["url"] == url


async def test_the_newest_good_photo_is_on_the_menu_and_staff_see_what_became_of_the_others(
    cashier: ServedCashier,
) -> None:
    assert await on_the_menu(cashier) is None
    await decided(cashier, "latte", good(2), good(1), refused(3))
    await cashier.staff("PUT", "/menu/items/latte", {"sold_out": True})

    followed = (await cashier.staff("GET", "/menu/items/latte/photo")).body
    assert (followed["state"], followed["reason"]) == ("refused", "not a picture")
    assert [each["state"] for each in followed["uploads"]] == ["refused", "shown", "replaced"]
    folder = f"/photos/{2:032x}"
    assert followed["photo"] == {
        "src": f"{folder}/fallback.jpg",
        "srcset": ", ".join(f"{folder}/{w}.webp {w}w" for w in (320, 640, 1280)),
        "width": 1600,
        "height": 1200,
        "color": "#a1b2c3",
        "placeholder": "data:image/webp;base64,AAAA",
    }
    await cashier.staff("DELETE", "/menu/items/latte/photo")
    assert await on_the_menu(cashier) is None


async def test_the_menu_is_sent_again_only_when_something_of_it_is_another(
    cashier: ServedCashier,
) -> None:
    await decided(cashier, "latte", good(1))
    seen: list[int] = []
    tag = ""
    for what in ("nothing", "a photo", "sold out"):
        if what == "a photo":
            await cashier.staff("DELETE", "/menu/items/latte/photo")
        if what == "sold out":
            await cashier.staff("PUT", "/menu/items/mocha", {"sold_out": True})
        for _ in range(2):
            headers = {"If-None-Match": tag} if tag else {}
            async with cashier.http.get(f"{cashier.url}/menu", headers=headers) as response:
                seen.append(response.status)
                tag = response.headers["ETag"]
    assert seen == [200, 304] * 3


async def test_a_photo_on_the_menu_has_the_addresses_of_the_place_that_serves_it(
    ministack: str, tmp_path: Path
) -> None:
    settings = settings_for(ministack, tmp_path, photos_url="https://cdn.example/")
    async with open_cashier(settings) as cashier:
        await decided(cashier, "latte", good(7))
        shown = await on_the_menu(cashier)
        assert isinstance(shown, dict)
        assert shown["src"] == f"https://cdn.example/photos/{7:032x}/fallback.jpg"


async def test_what_staff_decide_is_on_the_menu_at_once_and_recorded_by_name(
    cashier: ServedCashier,
) -> None:
    await decided(cashier, "latte", good(1), held(2))
    waiting = (await cashier.staff("GET", "/menu/items/latte/photo")).body
    assert (waiting["state"], waiting["needs_consent"]) == ("waiting", True)
    assert waiting["reason"] == "flagged: Alcohol"
    assert waiting["uploads"][0]["photo"]["src"] == f"/photos/{2:032x}/fallback.jpg"
    assert await on_the_menu(cashier) == waiting["uploads"][1]["photo"]

    other = await cashier.staff("POST", CONSENT, {"sequencer": f"{1:018X}"})
    assert other.problem == (409, "/problems/no-photo-held")
    agreed = await cashier.staff("POST", CONSENT, {"sequencer": f"{2:018X}"})
    assert (agreed.body["state"], agreed.body["needs_consent"]) == ("shown", False)
    assert await on_the_menu(cashier) == waiting["uploads"][0]["photo"]

    off = await cashier.staff("DELETE", "/menu/items/latte/photo")
    assert (off.body["state"], off.body["photo"]) == ("taken-off", None)
    assert await on_the_menu(cashier) is None
    assert (await cashier.staff("POST", CONSENT)).problem == (409, "/problems/no-photo-held")
    assert await latest_changes(cashier, 2) == [
        ("photos", "latte: the photo is off the menu"),
        ("photos", "latte: the held photo is shown"),
    ]


async def test_what_was_held_is_not_shown_once_it_was_taken_off(cashier: ServedCashier) -> None:
    await decided(cashier, "latte", held(1))
    off = await cashier.staff("DELETE", "/menu/items/latte/photo")
    assert (off.body["state"], off.body["needs_consent"]) == ("taken-off", False)
    assert (await cashier.staff("POST", CONSENT)).status == 409


async def test_an_upload_that_waits_is_withdrawn_by_taking_the_photo_off(
    anywhere: CashierSettings,
) -> None:
    async with open_cashier(anywhere) as cashier:
        form = await asked_form(cashier.http, cashier.url)
        assert (await post_form(cashier.http, form)).status == 204
        off = await cashier.staff("DELETE", "/menu/items/latte/photo")
        assert (off.status, off.body["state"]) == (200, "taken-off")

        (event,) = await take_events(cashier.clients, cashier.names, least=1)
        late = replace(good(2), sequencer=event.sequencer, version_id=event.version_id)
        await decided(cashier, "latte", late)
        assert await on_the_menu(cashier) is None
        assert (await post_form(cashier.http, form)).status == 204
        followed = await cashier.staff("GET", "/menu/items/latte/photo")
        assert followed.body["state"] == "waiting"


async def test_nothing_is_decided_of_an_item_without_a_photo(cashier: ServedCashier) -> None:
    for method, path in (("DELETE", "/menu/items/mocha/photo"), ("POST", CONSENT)):
        assert (await cashier.staff(method, path)).problem == (404, "/problems/not-found")


async def test_the_list_tells_which_items_show_the_same_picture(cashier: ServedCashier) -> None:
    await decided(cashier, "latte", good(1, 0xFF0F))
    await decided(cashier, "mocha", good(2, 0xFF00))
    await decided(cashier, "tea", good(3, 0xFF3F), held(4))
    for number, flat in enumerate((0, 0, 2**64 - 1, 2**64 - 1), 6):
        await decided(cashier, f"flat-{number}", good(number, flat))
    await decided(cashier, "cold-brew", refused(5))
    photos = (await cashier.staff("GET", "/menu/photos")).body["photos"]
    seen = {each["item_id"]: each["analysis"] for each in photos}
    assert {item: analysis and analysis["same_as"] for item, analysis in seen.items()} == {
        "cold-brew": None,
        "latte": ["mocha", "tea"],
        "mocha": ["latte", "tea"],
        "tea": ["latte", "mocha"],
        **{f"flat-{number}": [] for number in range(6, 10)},
    }
    assert (seen["latte"]["labels"], seen["tea"]["flags"]) == (["Coffee Cup"], ["Alcohol"])


async def test_the_list_tells_what_became_of_each_newest_upload(
    cashier: ServedCashier, tmp_path: Path
) -> None:
    await decided(cashier, "latte", good(1, 0b1111))
    await decided(cashier, "tea", good(3, 0b111111), held(4))
    await decided(cashier, "mocha", good(2, 0), refused(5))
    store = FilePhotoStore(tmp_path / "photos", "main")
    async with store.new_upload("espresso") as upload:
        await upload.write(JPEG)
        await upload.commit()
    photos = (await cashier.staff("GET", "/menu/photos")).body["photos"]
    assert [
        (each["item_id"], each["state"], each["needs_consent"], each["photo"] is not None)
        for each in photos
    ] == [
        ("espresso", "waiting", False, False),
        ("latte", "shown", False, True),
        ("mocha", "refused", False, True),
        ("tea", "waiting", True, True),
    ]
    assert photos[2]["reason"] == "not a picture"


async def test_a_photo_is_served_to_everybody_and_may_be_cached_for_ever(
    cashier: ServedCashier, tmp_path: Path
) -> None:
    store, name = FilePhotoStore(tmp_path / "photos", "main"), f"{9:032x}"
    await store.put(
        name,
        [
            Rendition("320.webp", "image/webp", b"RIFF"),
            Rendition("fallback.jpg", "image/jpeg", JPEG),
        ],
    )
    for file, media_type, body in (
        ("320.webp", "image/webp", b"RIFF"),
        ("fallback.jpg", "image/jpeg", JPEG),
    ):
        path, tag = f"{cashier.url}/photos/{name}/{file}", ""
        for _ in range(2):  # read, and remembered
            async with cashier.http.get(path) as response:
                assert (response.status, await response.read()) == (200, body)
                assert response.headers["Content-Type"] == media_type
                assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                tag = response.headers["ETag"]
        async with cashier.http.get(path, headers={"If-None-Match": tag}) as response:
            assert (response.status, await response.read()) == (304, b"")
            assert (response.headers["ETag"], tag[:1]) == (tag, '"')
            assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


async def test_there_is_nothing_under_any_other_name(cashier: ServedCashier) -> None:
    for path in (
        f"{9:032x}/640.webp",
        f"{9:032x}/..%2f..%2forders.sqlite3",
        f"{9:032x}/%2e%2e",
        "..%2f..%2fstaff-key/320.webp",
        "uploads/latte",
        f"{'A' * 32}/320.webp",
        f"{9:032x}/320.webp%00",
    ):
        found = await cashier.ask("GET", f"/photos/{path}")
        assert found.problem == (404, "/problems/not-found")
