"""The bucket of photos, as it is provisioned, and the events that arrive from it."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from types_aiobotocore_s3 import S3Client

from shared.aws.bucket import ForeignBucketError
from shared.aws.clients import AwsClients, aws_clients
from shared.aws.names import Names
from shared.aws.photo_provisioning import photo_bucket, provision_bucket
from shared.aws.provisioning import provision
from shared.aws.queue import SqsQueue
from shared.aws.queues import open_photos_queue, restored_tickets
from shared.consuming.message import Message
from shared.domain.photo import is_later
from shared.messages.photo_event import NotAnUploadError, UploadEvent, parse_events
from shared.photos.contract import FOR_EVER, Rendition
from shared.photos.s3 import S3PhotoStore
from shared.runtime.settings import ServiceSettings
from tests.support.s3 import post, s3_settings

_numbers = itertools.count(1)


@pytest.fixture
def settings(ministack_s3: str) -> ServiceSettings:
    """A shop in a bucket of its own."""
    number = next(_numbers)
    return s3_settings(ministack_s3, f"events-{number}", name_prefix=f"events-{number}-")


@contextlib.asynccontextmanager
async def provisioned(settings: ServiceSettings) -> AsyncIterator[tuple[AwsClients, SqsQueue]]:
    names, bucket = Names(settings.name_prefix), photo_bucket(settings)
    assert bucket is not None
    async with aws_clients(settings) as clients:
        await provision(clients, names)
        await provision_bucket(clients, names, bucket)
        async with open_photos_queue(clients, names, wait_time=1) as queue:
            yield clients, queue


def s3_of(clients: AwsClients) -> S3Client:
    assert clients.s3 is not None
    return clients.s3


def store_of(clients: AwsClients, settings: ServiceSettings) -> S3PhotoStore:
    return S3PhotoStore(s3_of(clients), str(settings.photos_bucket), settings.store_id)


async def received(queue: SqsQueue, count: int) -> Sequence[Message]:
    found: list[Message] = []
    while len(found) < count:
        found += await queue.receive(10)
    for message in found:
        await queue.delete(message)
    return found


async def events(queue: SqsQueue, count: int) -> list[UploadEvent]:
    """Receive so many uploads' events, after the one by which S3 tried the notification."""
    return [
        event
        for message in await received(queue, count + 1)
        for event in parse_events(message.body)
    ]


async def test_s3_tries_a_notification_with_an_event_that_is_no_upload(
    settings: ServiceSettings,
) -> None:
    async with provisioned(settings) as (_, queue):
        (message,) = await received(queue, 1)

    assert json.loads(message.body)["Event"] == "s3:TestEvent"
    assert parse_events(message.body) == ()


async def test_each_form_that_is_posted_arrives_as_an_event_of_its_version_in_order(
    settings: ServiceSettings,
) -> None:
    async with provisioned(settings) as (clients, queue):
        store = store_of(clients, settings)
        form = await store.form("iced-latte-2")
        for body in (b"first", b"the second"):
            assert await post(form, body) == 204
        found = await events(queue, 2)
        bodies = [await store.read_upload(each.item_id, each.version_id) for each in found]

    assert bodies == [b"first", b"the second"]
    assert [(each.store_id, each.item_id) for each in found] == [("main", "iced-latte-2")] * 2
    assert [each.size for each in found] == [5, 10]
    assert is_later(found[1].sequencer, found[0].sequencer)
    assert abs(found[0].at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)


async def test_a_form_takes_no_other_key_no_empty_file_and_no_changed_policy(
    settings: ServiceSettings,
) -> None:
    async with provisioned(settings) as (clients, _):
        store = store_of(clients, settings)
        form = await store.form("latte")
        assert await post(form, b"x", key="uploads/main/mocha") == 403
        assert await post(form, b"x", key="photos/index.html") == 403
        assert await post(form, b"") == 400
        policy = form.fields["policy"]
        assert await post(form, b"x", policy=policy[:-8] + "AAAAAAA=") in (400, 403)

        assert await store.uploads() == []


async def test_shops_share_a_bucket_and_each_has_the_events_of_its_own_uploads(
    settings: ServiceSettings,
) -> None:
    other = settings.model_copy(
        update={"store_id": "station", "name_prefix": f"other-{settings.name_prefix}"}
    )
    async with (
        provisioned(settings) as (clients, ours),
        provisioned(other) as (_, theirs),
        provisioned(settings),
    ):
        assert await post(await store_of(clients, settings).form("latte"), b"ours") == 204
        assert await post(await store_of(clients, other).form("mocha"), b"theirs") == 204

        assert [each.store_id for each in await events(theirs, 1)] == ["station"]
        found = [
            event.store_id
            for message in await received(ours, 3)
            for event in parse_events(message.body)
        ]
    assert found == ["main"]


async def test_a_photo_sends_no_event_and_an_object_that_is_no_items_is_no_upload(
    settings: ServiceSettings,
) -> None:
    async with provisioned(settings) as (clients, queue):
        store = store_of(clients, settings)
        await store.put("a" * 32, [Rendition("320.webp", "image/webp", b"x")])
        await s3_of(clients).put_object(
            Bucket=str(settings.photos_bucket), Key="uploads/main/käse & co", Body=b"x"
        )
        _, message = await received(queue, 2)
        with pytest.raises(NotAnUploadError, match="names no menu item"):
            parse_events(message.body)

    assert "uploads/main/k%C3%A4se+%26+co" in message.body


async def test_a_rendition_is_served_by_s3_itself_for_ever_and_as_what_it_is(
    settings: ServiceSettings,
) -> None:
    async with provisioned(settings) as (clients, _):
        rendition = Rendition("320.webp", "image/webp", b"x")
        for _ in range(2):
            await store_of(clients, settings).put("a" * 32, [rendition])
        head = await s3_of(clients).head_object(
            Bucket=str(settings.photos_bucket), Key=f"shops/main/photos/{'a' * 32}/320.webp"
        )

    assert (head["ContentType"], head["CacheControl"]) == ("image/webp", FOR_EVER)


async def test_photos_stay_and_their_versions_from_before_they_were_put_again_do_not(
    settings: ServiceSettings,
) -> None:
    async with provisioned(settings) as (clients, _):
        answer = await s3_of(clients).get_bucket_lifecycle_configuration(
            Bucket=str(settings.photos_bucket)
        )
    (rule,) = (each for each in answer["Rules"] if each["Filter"].get("Prefix") == "shops/")
    assert rule["Status"] == "Enabled"
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == 1
    assert "Days" not in rule["Expiration"]


async def test_what_its_owner_has_set_up_in_the_bucket_stays(settings: ServiceSettings) -> None:
    bucket = str(settings.photos_bucket)
    theirs: Any = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}}
    theirs["Expiration"] = {"Days": 3}
    async with provisioned(settings) as (clients, _):
        s3 = s3_of(clients)
        rules: Any = (await s3.get_bucket_lifecycle_configuration(Bucket=bucket))["Rules"]
        await s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": [theirs, *rules]}
        )
        async with provisioned(settings):
            again = (await s3.get_bucket_lifecycle_configuration(Bucket=bucket))["Rules"]
            notified = await s3.get_bucket_notification_configuration(Bucket=bucket)
            cors = (await s3.get_bucket_cors(Bucket=bucket))["CORSRules"]

    assert sorted(rule["ID"] for rule in again) == sorted(["theirs", *(r["ID"] for r in rules)])
    assert len(notified["QueueConfigurations"]) == 1
    assert len(cors) == 1


async def test_a_bucket_that_no_shop_made_is_left_alone(settings: ServiceSettings) -> None:
    bucket = str(settings.photos_bucket)
    async with aws_clients(settings) as clients:
        s3 = s3_of(clients)
        await s3.create_bucket(Bucket=bucket)
        with pytest.raises(ForeignBucketError, match="lost its tag application=coffeeshop"):
            async with provisioned(settings):
                pass

        assert "Status" not in await s3.get_bucket_versioning(Bucket=bucket)


async def test_the_queue_takes_messages_of_this_bucket_alone(settings: ServiceSettings) -> None:
    async with provisioned(settings) as (clients, queue):
        answer = await clients.sqs.get_queue_attributes(
            QueueUrl=queue.url, AttributeNames=["Policy"]
        )
    (statement,) = json.loads(answer["Attributes"]["Policy"])["Statement"]

    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Condition"] == {
        "ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{settings.photos_bucket}"},
        "StringEquals": {"aws:SourceAccount": "000000000000"},
    }


async def test_after_a_broker_reset_uploads_arrive_again(settings: ServiceSettings) -> None:
    names, bucket = Names(settings.name_prefix), photo_bucket(settings)
    async with provisioned(settings) as (clients, queue):
        await clients.sqs.delete_queue(QueueUrl=queue.url)
        await s3_of(clients).delete_bucket(Bucket=str(settings.photos_bucket))
        await restored_tickets(clients, names, bucket)
        async with open_photos_queue(clients, names, wait_time=1) as again:
            assert await post(await store_of(clients, settings).form("latte"), b"x") == 204
            assert [each.item_id for each in await events(again, 1)] == ["latte"]
