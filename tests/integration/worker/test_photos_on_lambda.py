"""The photo worker as a Lambda function, with the event that an SQS event source sends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.consuming.message import Message
from shared.messages.photo_event import UploadEvent
from tests.support.photo_shop import PhotoShop, body_of, open_photo_shop
from tests.support.pictures import photo
from worker.photos import on_lambda


class Context:
    def __init__(self, seconds: float = 30) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1000)


def record(message: Message, message_id: str, receives: int = 1) -> dict[str, Any]:
    """A record as in "Example Amazon SQS event" of the AWS Lambda Developer Guide."""
    return {
        "messageId": message_id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(receives),
            "SentTimestamp": "1545082649183",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1545082649185",
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:photos",
        "awsRegion": "us-east-2",
    }


class Shop:
    """A photo shop whose event loop runs only between the function's invocations."""

    def __init__(self, runner: asyncio.Runner, endpoint: str, folder: Path) -> None:
        self.run = runner.run
        self._open = open_photo_shop(endpoint, folder)
        self.inner: PhotoShop = self.run(self._open.__aenter__())

    def close(self) -> None:
        self.run(self._open.__aexit__(None, None, None))

    def record(self, message_id: str, body: str, receives: int = 1) -> dict[str, Any]:
        """Send a body, and receive it as the event source does."""

        async def received() -> Message:
            await self.inner.queue.send(body)
            return await self.inner.receive()

        return record(self.run(received()), message_id, receives)

    def upload(self, data: bytes, item: str) -> UploadEvent:
        return self.run(self.inner.upload(data, item))

    def states(self, item: str) -> list[str]:
        return self.run(self.inner.states(item))


@pytest.fixture
def shop(ministack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with asyncio.Runner() as runner:
        shop = Shop(runner, ministack, tmp_path)
        monkeypatch.setenv("COFFEE_AWS_ENDPOINT_URL", ministack)
        monkeypatch.setenv("COFFEE_NAME_PREFIX", shop.inner.names.prefix)
        monkeypatch.setenv("COFFEE_STATE_DIR", str(tmp_path))
        monkeypatch.setattr(on_lambda, "configure_logging", lambda *_: None)  # is the process's
        try:
            yield shop
        finally:
            if on_lambda._instance.cache_info().currsize:  # noqa: SLF001
                on_lambda._instance().close()  # noqa: SLF001
            on_lambda._instance.cache_clear()  # noqa: SLF001
            shop.close()


def test_a_batch_names_only_what_is_to_come_again(shop: Shop) -> None:
    events = [shop.upload(photo(), "latte"), shop.upload(b"<svg/>", "espresso")]
    records = [
        shop.record("good", body_of(events[0])),
        shop.record("refused", body_of(events[1])),
        shop.record("test", '{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}'),
        shop.record("poison", "{"),
    ]
    assert on_lambda.handler({"Records": records}, Context()) == {"batchItemFailures": []}
    assert shop.states("latte") == ["shown"]
    assert shop.states("espresso") == ["refused"]
    reasons = sorted(str(each.reason) for each in shop.run(shop.inner.dead_letters()))
    assert reasons[1] == "this is an SVG drawing; save it as JPEG"
    assert reasons[0].startswith("not the event of an upload")


def test_what_cannot_be_done_in_time_comes_again_and_the_instance_goes_on(shop: Shop) -> None:
    body = body_of(shop.upload(photo(), "latte"))
    first, second = shop.record("late", body), shop.record("late", body, 2)
    late = on_lambda.handler({"Records": [first]}, Context(seconds=2.01))
    assert late == {"batchItemFailures": [{"itemIdentifier": "late"}]}
    instance = on_lambda._instance()  # noqa: SLF001
    again = on_lambda.handler({"Records": [second]}, Context())
    assert again == {"batchItemFailures": []}
    assert shop.states("latte") == ["shown"]
    assert on_lambda._instance() is instance  # noqa: SLF001


def test_a_message_is_not_begun_without_time_for_it(shop: Shop) -> None:
    records = [
        shop.record(item, body_of(shop.upload(b"<svg/>", item))) for item in ("latte", "espresso")
    ]
    found = on_lambda.handler({"Records": records}, Context(seconds=6.9))
    assert found == {"batchItemFailures": [{"itemIdentifier": "espresso"}]}
    assert shop.states("latte") == ["refused"]
    assert shop.states("espresso") == []
