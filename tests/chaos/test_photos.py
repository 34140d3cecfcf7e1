"""Every acknowledged photo is shown or refused with a reason, whatever is killed meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import psutil
import pytest

from producer.settings import CashierSettings
from shared.aws.clients import AwsClients, aws_clients
from shared.aws.names import Names
from shared.aws.photo_provisioning import photo_bucket, provision_bucket
from shared.aws.queues import open_dead_letters
from shared.clock import utc_now
from shared.photos.factory import open_photo_store
from shared.runtime.lifecycle import background_task
from shared.runtime.settings import ServiceSettings
from shared.store.contract import Store
from shared.store.factory import open_store
from shop.processes.probe import wait_until_healthy
from tests.chaos.photographers import (
    Photographers,
    left_undone,
    menu_of,
    pictures,
    seen_otherwise,
)
from tests.chaos.report import Row
from tests.chaos.run import LONG, RESTS_WITHIN, Run
from tests.chaos.test_everything_killed import kill_everything
from tests.chaos.test_kill_points import GETS_THERE_SECONDS, file_locked
from tests.support.cashier import provisioned_shop, settings_for
from tests.support.cashier_process import process_of
from tests.support.emulator import free_port
from tests.support.faults.aws_wire import Answer, Call
from tests.support.faults.holds import Moment
from tests.support.faults.proxy import Proxy, open_proxy
from tests.support.faults.rules import Faults
from tests.support.photo_shop import PhotoShop, open_photo_shop
from tests.support.photo_worker import photo_worker
from tests.support.pictures import encoded, noisy, photo
from tests.support.s3 import KEY_VARIABLES, KEYS
from tests.support.shop import open_shop
from tests.support.waiting import eventually, until
from tests.support.web import STAFF_KEY
from worker.photos.handler import photo_hash

pytestmark = pytest.mark.timeout(1800 if LONG else 150)

ITEMS = [f"item-{number}" for number in range(19)]
SIZE = (2000, 1500) if LONG else (400, 300)


def everything_is_decided(
    settings: ServiceSettings, store: Store, people: Photographers
) -> Callable[[], Awaitable[bool]]:
    """Ask whether each upload is decided as it should be, and none is left."""

    async def decided() -> bool:
        async with aws_clients(settings) as clients, open_photo_store(settings, clients) as photos:
            left = left_undone(people.acknowledged, await store.photo_records())
            return not left and not await photos.uploads()

    return decided


async def judge(settings: ServiceSettings, people: Photographers) -> None:
    """Wait until all is decided, and check that it is as it should be."""
    async with open_store(settings, None, utc_now) as store:
        with contextlib.suppress(TimeoutError):
            await until(everything_is_decided(settings, store, people), RESTS_WITHIN)
        assert left_undone(people.acknowledged, await store.photo_records()) == []
        assert await everything_is_decided(settings, store, people)()
    async with aws_clients(settings) as clients, open_photo_store(settings, clients) as photos:
        assert await seen_otherwise(people.acknowledged, photos) == []


async def test_no_photo_is_lost_or_of_another_item_though_everything_is_killed_again_and_again(
    tmp_path: Path, run: Run
) -> None:
    uploads, kills = run.size(60, 200), 3
    menu, port = tmp_path / "menu.yaml", free_port()
    menu.write_text(menu_of(ITEMS))
    variables = {
        "COFFEE_MENU": str(menu),
        "COFFEE_STAFF_KEY": STAFF_KEY,
        "COFFEE_PHOTO_WORKERS": "2",
        "COFFEE_VISIBILITY_TIMEOUT": "4",
    }
    people = Photographers(f"http://127.0.0.1:{port}")
    async with background_task(people.upload_all(pictures(ITEMS, uploads, SIZE)), "uploads"):
        for killed in range(1, kills + 1):
            async with open_shop(tmp_path / "var", port, **variables) as shop:
                await people.have_sent(uploads * killed // (kills + 1), RESTS_WITHIN)
                await kill_everything(shop)
        async with open_shop(tmp_path / "var", port, **variables) as shop:
            await people.have_sent(uploads, RESTS_WITHIN)
            await judge(shop.emulator_settings(), people)
    fault = "kill -9 of everything while photos are uploaded"
    run.note(Row(fault=fault, seed=run.seed, orders=people.done, kills=kills, lost=0))


async def test_no_photo_in_s3_is_lost_though_its_workers_are_killed_again_and_again(
    ministack_s3: str, tmp_path: Path, run: Run
) -> None:
    uploads, kills = run.size(60, 200), 6
    menu, port = tmp_path / "menu.yaml", free_port()
    menu.write_text(menu_of(ITEMS))
    bucket = f"s3://photos-{secrets.token_hex(4)}"
    settings = settings_for(ministack_s3, tmp_path, photos=bucket, **KEYS)
    in_s3 = {"COFFEE_PHOTOS": bucket, **KEY_VARIABLES}
    people = Photographers(f"http://127.0.0.1:{port}")
    async with (
        provisioned_bucket(settings),
        process_of(settings, COFFEE_PORT=str(port), COFFEE_MENU=str(menu), **in_s3),
        background_task(people.upload_all(pictures(ITEMS, uploads, SIZE)), "uploads"),
        photo_worker(settings, **in_s3),
    ):
        await wait_until_healthy(f"{people.url}/readyz")
        for killed in range(1, kills + 1):
            async with photo_worker(settings, **in_s3):
                await people.have_sent(uploads * killed // (kills + 1), RESTS_WITHIN)
        await people.have_sent(uploads, RESTS_WITHIN)
        await judge(settings, people)
        refused = sum(not each.good for sent in people.acknowledged.values() for each in sent)
        async with aws_clients(settings) as clients:
            assert len(await reasons_in(clients, Names(settings.name_prefix))) >= refused
    fault = "kill -9 of photo workers, with photos in S3"
    run.note(Row(fault=fault, seed=run.seed, orders=people.done, kills=kills, lost=0))


@contextlib.asynccontextmanager
async def provisioned_bucket(settings: CashierSettings) -> AsyncIterator[None]:
    bucket = photo_bucket(settings)
    assert bucket is not None
    async with provisioned_shop(settings) as (clients, names):
        await provision_bucket(clients, names, bucket)
        yield


async def reasons_in(clients: AwsClients, names: Names) -> Sequence[str]:
    """The reasons of the dead letters; each has one."""
    async with open_dead_letters(clients, names.photos_dead_letters) as letters:
        reasons = [letter.reason for letter in await letters.peek(1000)]
    assert all(reasons)
    return [reason for reason in reasons if reason]


class Nobody:
    """Watches a proxy without an interest in what goes through it."""

    async def before(self, who: str, call: Call) -> None:
        """See a request."""

    async def after(self, who: str, call: Call, answer: Answer) -> None:
        """See its answer."""


@pytest.fixture
async def shop(ministack: str, tmp_path: Path) -> AsyncIterator[PhotoShop]:
    async with open_photo_shop(ministack, tmp_path) as shop:
        yield shop


@contextlib.asynccontextmanager
async def worker_behind_a_proxy(
    shop: PhotoShop,
) -> AsyncIterator[tuple[asyncio.subprocess.Process, Proxy]]:
    emulator = str(shop.settings.aws_endpoint_url)
    async with (
        open_proxy("photos", emulator, Faults(1), Nobody()) as proxy,
        photo_worker(shop.settings, COFFEE_AWS_ENDPOINT_URL=proxy.url) as process,
    ):
        yield process, proxy


async def assert_decided_once(shop: PhotoShop, data: bytes) -> None:
    """See another worker decide on the one upload of the shop, and nothing left of it."""
    async with photo_worker(shop.settings):
        await until(lambda: at_rest(shop), 30)
    good = data.startswith(b"\xff\xd8")
    assert await shop.states() == ["shown" if good else "refused"]
    record = await shop.store.photo_record("latte")
    assert (record.shown.hash if record.shown else None) == (photo_hash(data) if good else None)
    assert bool(await reasons_in(shop.clients, shop.names)) != good


async def at_rest(shop: PhotoShop) -> bool:
    left = sum(await shop.queue.waiting_and_in_flight())
    return not left and not await shop.photos.uploads() and bool(await shop.states())


GOOD, BAD = photo(), b"no picture"


@pytest.mark.parametrize(
    ("data", "action", "moment", "containing"),
    [
        pytest.param(GOOD, "ReceiveMessage", Moment.AFTER, b"ReceiptHandle", id="received"),
        pytest.param(GOOD, "DeleteMessageBatch", Moment.BEFORE, b"", id="about to delete"),
        pytest.param(GOOD, "DeleteMessageBatch", Moment.AFTER, b"", id="deleted"),
        pytest.param(BAD, "SendMessageBatch", Moment.BEFORE, b"", id="about to dead-letter"),
        pytest.param(BAD, "SendMessageBatch", Moment.AFTER, b"", id="dead-lettered"),
        pytest.param(BAD, "DeleteMessageBatch", Moment.AFTER, b"", id="deleted a refused one"),
    ],
)
async def test_an_upload_is_decided_once_though_its_worker_is_killed_when_it_has(
    shop: PhotoShop, data: bytes, action: str, moment: Moment, containing: bytes
) -> None:
    async with worker_behind_a_proxy(shop) as (process, proxy):
        held = proxy.hold(action, moment, containing)
        await shop.send(await shop.upload(data))
        await held.reached()
        process.kill()
        await process.wait()
        held.discard()
    await assert_decided_once(shop, data)


async def test_an_upload_is_decided_once_though_its_worker_is_killed_while_it_records(
    shop: PhotoShop,
) -> None:
    async with worker_behind_a_proxy(shop) as (process, proxy):
        held = proxy.hold("ReceiveMessage", Moment.AFTER, b"ReceiptHandle")
        await shop.send(await shop.upload(GOOD))
        await held.reached()
        with file_locked(shop.settings.sqlite_path):
            held.release()

            async def rendered() -> bool:
                return await shop.photos.get(photo_hash(GOOD), "fallback.jpg") is not None

            await until(rendered, 30)
            await asyncio.sleep(GETS_THERE_SECONDS)
            process.kill()
            await process.wait()
    assert await shop.states() == []
    await assert_decided_once(shop, GOOD)


async def test_a_worker_that_wakes_after_its_lease_shows_no_older_photo(shop: PhotoShop) -> None:
    older, newer = encoded(noisy(5000, 4000), quality=70), GOOD
    await shop.send(await shop.upload(older))
    async with photo_worker(shop.settings) as zombie:
        process = psutil.Process(zombie.pid)
        await eventually(lambda: bool(process.children()), 30)
        zombie.send_signal(signal.SIGSTOP)
        await shop.send(await shop.upload(newer))
        async with photo_worker(shop.settings):
            await until(lambda: at_rest(shop), 30)
            assert await shop.states() == ["shown", "replaced"]
        zombie.send_signal(signal.SIGCONT)
        await eventually(lambda: not process.children(), 30)
        zombie.terminate()
        assert await asyncio.wait_for(zombie.wait(), 20) == 0
    record = await shop.store.photo_record("latte")
    assert await shop.states() == ["shown", "replaced"]
    assert record.shown is not None
    assert record.shown.hash == photo_hash(newer)
