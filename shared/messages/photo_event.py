"""The event of an upload, as S3 sends it to a queue: what came, for which menu item.

Amazon S3 User Guide, "Event message structure". On one machine the cashier sends events of the
same shape, so that one photo worker serves both.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import quote_plus, unquote_plus

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, ValidationError

from shared.clock import rfc3339

_KEY = re.compile(r"uploads/([a-z0-9][a-z0-9-]{0,39})/([a-z0-9][a-z0-9-]{0,39})")
_ENCODED = r"^[\x21-\x7e]{1,3072}$"
"""An object key has up to 1,024 bytes of UTF-8, each of which may come as `%FF`."""


class NotAnUploadError(ValueError):
    """The message is not the event of an upload; the text says why."""


@dataclass(frozen=True, slots=True)
class UploadEvent:
    """An upload: where it is, and its place among the uploads of its item."""

    store_id: str
    item_id: str
    version_id: str
    sequencer: str
    size: int
    at: dt.datetime


class _Object(BaseModel):
    key: Annotated[str, StringConstraints(pattern=_ENCODED)]
    size: Annotated[int, Field(ge=0)]
    version_id: Annotated[str, Field(alias="versionId", min_length=1, max_length=1024)]
    sequencer: Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{1,64}$")]


class _Stored(BaseModel):
    object: _Object


class _Record(BaseModel):
    event_source: Annotated[Literal["aws:s3"], Field(alias="eventSource")]
    event_name: Annotated[
        str, Field(alias="eventName"), StringConstraints(pattern=r"^ObjectCreated:[A-Za-z]+$")
    ]
    event_time: Annotated[AwareDatetime, Field(alias="eventTime")]
    s3: _Stored


class _Notification(BaseModel):
    records: Annotated[list[_Record], Field(alias="Records", min_length=1, max_length=100)]


class _Test(BaseModel):
    event: Annotated[Literal["s3:TestEvent"], Field(alias="Event")]


def upload_key(store_id: str, item_id: str) -> str:
    """Name the object that an item's photo is uploaded to; each upload is a version of it."""
    return f"uploads/{store_id}/{item_id}"


def parse_events(body: str) -> Sequence[UploadEvent]:
    """Read the uploads of a message; none in the event by which S3 tries a new notification.

    Raises NotAnUploadError.
    """
    try:
        records = _Notification.model_validate_json(body).records
    except ValidationError as error:
        if _is_test(body):
            return ()
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise NotAnUploadError(f"not the event of an upload: {where}: {first['msg']}") from None
    return [_event(record) for record in records]


def write_event(event: UploadEvent, bucket: str) -> str:
    """Write the message that S3 would send for an upload by a form."""
    key = quote_plus(upload_key(event.store_id, event.item_id), safe="/")
    object_ = _Object.model_validate(
        {
            "key": key,
            "size": event.size,
            "versionId": event.version_id,
            "sequencer": event.sequencer,
        }
    )
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventTime": rfc3339(event.at),
        "eventName": "ObjectCreated:Post",
        "s3": {"bucket": {"name": bucket}, "object": object_.model_dump(by_alias=True)},
    }
    return json.dumps({"Records": [record]})


def _event(record: _Record) -> UploadEvent:
    stored = record.s3.object
    key = unquote_plus(stored.key)
    found = _KEY.fullmatch(key)
    if found is None:
        raise NotAnUploadError("not the event of an upload: the key names no menu item")
    return UploadEvent(
        store_id=found[1],
        item_id=found[2],
        version_id=stored.version_id,
        sequencer=stored.sequencer,
        size=stored.size,
        at=record.event_time,
    )


def _is_test(body: str) -> bool:
    try:
        _Test.model_validate_json(body)
    except ValidationError:
        return False
    return True
