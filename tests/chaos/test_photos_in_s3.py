"""A photo worker is killed at each call to S3, comes late with a photo, and makes few requests."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shared.aws.clients import AwsClients, aws_clients
from shared.aws.names import Names
from shared.aws.photo_provisioning import photo_bucket, provision_bucket
from shared.aws.provisioning import provision
from shared.aws.queue import SqsQueue
from shared.aws.queues import open_dead_letters, open_photos_queue
from shared.clock import utc_now
from shared.photos.s3 import S3PhotoStore
from shared.runtime.settings import ServiceSettings
from shared.store.contract import Store
from shared.store.factory import open_store
from tests.support.faults.aws_wire import Answer, Call
from tests.support.faults.holds import Hold, Moment
from tests.support.faults.proxy import Proxy, open_proxy
from tests.support.faults.rules import Faults
from tests.support.photo_worker import photo_worker
from tests.support.pictures import photo
from tests.support.s3 import KEY_VARIABLES, post, s3_settings
from tests.support.waiting import until
from worker.photos.handler import photo_hash

pytestmark = pytest.mark.timeout(90)

GOOD, LATER, BAD = photo(), photo(640, 480), b"no picture"
BUCKET_TRIED = 1
"""Messages by which S3 tries a new notification."""


@dataclass
class Meter:
    """Counts the requests that take effect, of receives those that bring something, and what."""

    requests: Counter[str] = field(default_factory=Counter)
    received: list[str] = field(default_factory=list)

    async def before(self, who: str, call: Call) -> None:
        """Count nothing yet."""

    async def after(self, who: str, call: Call, answer: Answer) -> None:  # noqa: ARG002 - as agreed
        if call.action == "ReceiveMessage":
            messages = answer.document.get("Messages", [])
            self.received += [message["Body"] for message in messages]
            if not messages:
                return
        self.requests[call.action] += 1


@dataclass(frozen=True, kw_only=True)
class ShopInS3:
    """A shop whose uploads go to a bucket, which sends their events to the queue itself."""

    settings: ServiceSettings
    clients: AwsClients
    names: Names
    store: Store
    photos: S3PhotoStore
    queue: SqsQueue
    meter: Meter = field(default_factory=Meter)

    async def upload(self, data: bytes, item: str = "latte") -> None:
        assert await post(await self.photos.form(item), data) == 204

    async def states(self, item: str = "latte") -> list[str]:
        """What became of an item's uploads, the newest first."""
        return [each.state.value for each in (await self.store.photo_record(item)).uploads]

    async def shown(self) -> str | None:
        record = await self.store.photo_record("latte")
        return record.shown.hash if record.shown else None

    async def reasons(self) -> list[str | None]:
        """The reasons of the dead letters."""
        async with open_dead_letters(self.clients, self.names.photos_dead_letters) as letters:
            return [letter.reason for letter in await letters.peek(100)]

    async def is_at_rest(self) -> bool:
        left = sum(await self.queue.waiting_and_in_flight())
        return not left and not await self.photos.uploads()

    @contextlib.asynccontextmanager
    async def worker(self) -> AsyncIterator[tuple[asyncio.subprocess.Process, Proxy]]:
        """Run a photo worker behind a proxy of its own."""
        emulator = str(self.settings.aws_endpoint_url)
        variables = {"COFFEE_PHOTOS": str(self.settings.photos), **KEY_VARIABLES}
        async with (
            open_proxy("photos", emulator, Faults(1), self.meter) as proxy,
            photo_worker(self.settings, **variables, COFFEE_AWS_ENDPOINT_URL=proxy.url) as process,
        ):
            yield process, proxy


@pytest.fixture
async def shop(ministack_s3: str, tmp_path: Path) -> AsyncIterator[ShopInS3]:
    name = secrets.token_hex(4)
    settings = s3_settings(
        ministack_s3, f"steps-{name}", name_prefix=f"{name}-", state_dir=tmp_path
    )
    names, bucket = Names(settings.name_prefix), photo_bucket(settings)
    assert bucket is not None
    async with aws_clients(settings) as clients:
        await provision(clients, names)
        await provision_bucket(clients, names, bucket)
        assert clients.s3 is not None
        async with (
            open_store(settings, clients.dynamodb, utc_now) as store,
            open_photos_queue(clients, names, wait_time=1) as queue,
        ):
            yield ShopInS3(
                settings=settings,
                clients=clients,
                names=names,
                store=store,
                photos=S3PhotoStore(clients.s3, str(settings.photos_bucket), settings.store_id),
                queue=queue,
            )


@pytest.mark.parametrize(
    ("data", "action", "moment"),
    [
        pytest.param(GOOD, "GET uploads", Moment.AFTER, id="read the upload"),
        pytest.param(GOOD, "PUT shops", Moment.BEFORE, id="rendered it"),
        pytest.param(GOOD, "PUT shops", Moment.AFTER, id="put a rendition"),
        pytest.param(GOOD, "DELETE uploads", Moment.BEFORE, id="recorded it"),
        pytest.param(BAD, "DELETE uploads", Moment.AFTER, id="deleted a refused one"),
    ],
)
async def test_an_upload_in_s3_is_decided_once_though_its_worker_is_killed_when_it_has(
    shop: ShopInS3, data: bytes, action: str, moment: Moment
) -> None:
    async with shop.worker() as (process, proxy):
        held = proxy.hold(action, moment)
        await shop.upload(data)
        await held.reached()
        process.kill()
        await process.wait()
        held.discard()
    recorded = await shop.states()
    assert bool(recorded) == (action == "DELETE uploads")
    async with shop.worker():
        await until(shop.is_at_rest, 30)
    good = data == GOOD
    assert await shop.states() == ["shown" if good else "refused"]
    assert await shop.shown() == (photo_hash(data) if good else None)
    reasons = await shop.reasons()
    assert all(reasons)
    assert bool(reasons) != good


@contextlib.asynccontextmanager
async def late_worker(shop: ShopInS3) -> AsyncIterator[Hold]:
    """Have a worker that has rendered a first upload, and neither goes on nor receives more."""
    async with shop.worker() as (_, proxy):
        rendered = proxy.hold("PUT shops", Moment.BEFORE)
        await shop.upload(GOOD)
        await rendered.reached()
        await proxy.hold("ReceiveMessage", Moment.BEFORE).reached()
        yield rendered


async def test_a_late_worker_shows_no_older_photo_than_another_one_has_shown_meanwhile(
    shop: ShopInS3,
) -> None:
    async def only_the_late_one_is_left() -> bool:
        left = sum(await shop.queue.waiting_and_in_flight())
        return left == len(await shop.photos.uploads()) == 1

    async with late_worker(shop) as rendered:
        await shop.upload(LATER)
        async with shop.worker():
            await until(only_the_late_one_is_left, 30)
        assert await shop.shown() == photo_hash(LATER)
        rendered.release()
        await until(shop.is_at_rest, 30)
    assert await shop.states() == ["shown", "replaced"]
    assert await shop.shown() == photo_hash(LATER)


async def test_an_event_that_two_workers_have_at_once_is_one_upload(shop: ShopInS3) -> None:
    async with late_worker(shop) as rendered, shop.worker() as (_, proxy):
        (event,) = [body for body in shop.meter.received if "ObjectCreated" in body]
        also_rendered = proxy.hold("PUT shops", Moment.BEFORE)
        await shop.queue.send(event)
        await also_rendered.reached()
        rendered.release()
        also_rendered.release()
        await until(shop.is_at_rest, 30)
    assert await shop.states() == ["shown"]
    assert await shop.shown() == photo_hash(GOOD)
    assert await shop.reasons() == []


async def test_a_photo_takes_one_request_for_each_step(shop: ShopInS3) -> None:
    uploads = 4
    async with shop.worker():
        for number in range(uploads):
            await shop.upload(photo(1280 + number, 960))
        await until(shop.is_at_rest, 40)
    requests = shop.meter.requests
    assert await shop.states() == ["shown", *["replaced"] * (uploads - 1)]
    assert requests["GET uploads"] == requests["DELETE uploads"] == uploads
    assert requests["PUT shops"] == uploads * 4  # three widths and a JPEG
    assert requests["ReceiveMessage"] <= uploads + BUCKET_TRIED
    assert requests["DeleteMessageBatch"] <= uploads + BUCKET_TRIED
    rest = set(requests) - {"ChangeMessageVisibilityBatch", "GetQueueUrl", "GetQueueAttributes"}
    assert rest == {
        "GET uploads",
        "DELETE uploads",
        "PUT shops",
        "ReceiveMessage",
        "DeleteMessageBatch",
    }
