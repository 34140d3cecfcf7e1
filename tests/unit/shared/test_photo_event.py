"""The event of an upload, as S3 sends it, and as the cashier does."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.messages.photo_event import (
    NotAnUploadError,
    UploadEvent,
    parse_events,
    upload_key,
    write_event,
)

EVENT = UploadEvent(
    store_id="main",
    item_id="iced-latte-2",
    version_id="Qd.0VfLyGxyz_1",
    sequencer="0055AED6DCD90281E5",
    size=1024,
    at=dt.datetime(2026, 11, 2, 12, 0, 0, 123000, tzinfo=dt.UTC),
)

OF_S3: dict[str, Any] = {
    "eventVersion": "2.1",
    "eventSource": "aws:s3",
    "awsRegion": "us-west-2",
    "eventTime": "2026-11-02T12:00:00.123Z",
    "eventName": "ObjectCreated:Post",
    "userIdentity": {"principalId": "AIDAJDPLRKLG7UEXAMPLE"},
    "requestParameters": {"sourceIPAddress": "127.0.0.1"},
    "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810"},
    "s3": {
        "s3SchemaVersion": "1.0",
        "configurationId": "coffeeshop-uploads-main",
        "bucket": {"name": "coffee-photos", "arn": "arn:aws:s3:::coffee-photos"},
        "object": {
            "key": "uploads/main/iced-latte-2",
            "size": 1024,
            "eTag": "d41d8cd98f00b204e9800998ecf8427e",
            "versionId": "Qd.0VfLyGxyz_1",
            "sequencer": "0055AED6DCD90281E5",
        },
    },
}
"""As in the Amazon S3 User Guide, "Event message structure"."""

TEST_EVENT = {
    "Service": "Amazon S3",
    "Event": "s3:TestEvent",
    "Time": "2014-10-13T15:57:02.089Z",
    "Bucket": "amzn-s3-demo-bucket",
    "RequestId": "5582815E1AEA5ADF",
    "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE",
}

names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True)


def body(**changed: Any) -> str:
    """Write S3's message with some members of its object changed; None takes one out."""
    own = {key: value for key, value in {**OBJECT, **changed}.items() if value is not None}
    return json.dumps({"Records": [{**OF_S3, "s3": {**OF_S3["s3"], "object": own}}]})


OBJECT = OF_S3["s3"]["object"]


def test_an_event_of_s3_is_read() -> None:
    assert parse_events(json.dumps({"Records": [OF_S3]})) == [EVENT]


def test_a_message_may_have_several_events() -> None:
    assert parse_events(json.dumps({"Records": [OF_S3, OF_S3]})) == [EVENT, EVENT]


def test_the_event_by_which_s3_tries_a_notification_is_no_upload_and_no_error() -> None:
    assert parse_events(json.dumps(TEST_EVENT)) == ()


@pytest.mark.parametrize("key", ["uploads/main/iced%2Dlatte%2D2", "uploads%2Fmain%2Ficed-latte-2"])
def test_a_key_is_decoded(key: str) -> None:
    (found,) = parse_events(body(key=key))

    assert found == EVENT


@given(names, names, st.integers(0, 2**40), st.datetimes(timezones=st.just(dt.UTC)))
def test_what_the_cashier_writes_is_read_as_what_it_meant(
    store_id: str, item_id: str, size: int, at: dt.datetime
) -> None:
    whole = at.replace(microsecond=at.microsecond // 1000 * 1000)
    event = UploadEvent(store_id, item_id, "0018EC4AF10917F7A1", "0018EC4AF10917F7A1", size, whole)

    assert parse_events(write_event(event, "here")) == [event]
    assert upload_key(store_id, item_id) in write_event(event, "here")


NO_KEYS = [
    "photos/main/latte",
    "uploads/latte",
    "uploads/main/latte/x",
    "uploads//latte",
    "uploads/main/",
    "uploads/main/..",
    "uploads/main/La",
    "uploads/main/latte%0A",
    "uploads/main/latte%00",
    "uploads/../main/latte",
    "uploads/main/" + "a" * 41,
    "uploads/main/latte+",
    "/uploads/main/latte",
    "uploads/main/k%C3%A4se",
    "uploads/main/%FF",
]


@pytest.mark.parametrize("key", NO_KEYS)
def test_a_key_that_names_no_item_is_told(key: str) -> None:
    with pytest.raises(NotAnUploadError, match="the key names no menu item"):
        parse_events(body(key=key))


@pytest.mark.parametrize(
    "changed",
    [
        {"key": None},
        {"key": ""},
        {"key": "a" * 4000},
        {"key": "uploads/main/lätte"},
        {"size": -1},
        {"size": "many"},
        {"versionId": None},
        {"versionId": ""},
        {"versionId": "x" * 1025},
        {"sequencer": None},
        {"sequencer": "later"},
        {"sequencer": ""},
        {"sequencer": "0" * 65},
        {"sequencer": "00\n"},
    ],
    ids=str,
)
def test_an_object_that_is_not_as_s3_says_is_told(changed: dict[str, Any]) -> None:
    with pytest.raises(NotAnUploadError, match=r"not the event of an upload: Records\.0\.s3"):
        parse_events(body(**changed))


@pytest.mark.parametrize(
    "message",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"Records": []}',
        '{"Event": "s3:OtherEvent"}',
        '{"Records": "none"}',
        "\ud800",
        json.dumps({"Records": [{**OF_S3, "eventName": "ObjectRemoved:Delete"}]}),
        json.dumps({"Records": [{**OF_S3, "eventSource": "aws:sns"}]}),
        json.dumps({"Records": [{**OF_S3, "eventTime": "noon"}]}),
        json.dumps({"Records": [OF_S3] * 101}),
        "[" * 100_000,
    ],
    ids=range(13),
)
def test_a_message_that_is_no_event_is_told(message: str) -> None:
    with pytest.raises(NotAnUploadError, match="not the event of an upload"):
        parse_events(message)


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(NotAnUploadError):
        parse_events(text)
