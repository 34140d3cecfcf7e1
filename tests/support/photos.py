"""Photos as a client uploads them: a form asked for, and posted with a file."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from shared.aws.clients import AwsClients
from shared.aws.names import Names
from shared.aws.queues import open_photos_queue
from shared.messages.photo_event import UploadEvent, parse_events
from tests.support.web import AS_STAFF

JPEG = b"\xff\xd8\xff\xe0 a photo as far as anybody knows who does not look at it \xff\xd9"

END = b"--limit--\r\n"
"""What ends a form that `part` writes."""


@dataclass(frozen=True)
class Sent:
    """What came back from where a form leads."""

    status: int
    problem: str | None
    headers: Mapping[str, str]


async def asked_form(http: aiohttp.ClientSession, url: object, item: str = "latte") -> Any:
    """Ask the shop at a URL for a form, as staff."""
    async with http.post(f"{url}/menu/items/{item}/photo", headers=AS_STAFF) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def post_form(http: aiohttp.ClientSession, form: Any, file: bytes = JPEG) -> Sent:
    """Post a file by a form, wherever it leads."""
    data = aiohttp.FormData()
    for name, value in form["fields"].items():
        data.add_field(name, value)
    data.add_field("file", io.BytesIO(file), filename="latte.jpg", content_type="image/jpeg")
    async with http.post(form["url"], data=data) as response:
        return await _sent(response)


async def post_parts(
    http: aiohttp.ClientSession, url: str, parts: Sequence[tuple[str, bytes]], end: bytes = END
) -> Sent:
    """Post a form of these parts, in their order, whatever they are."""
    body = b"".join(part(name, value) for name, value in parts) + end
    headers = {"Content-Type": "multipart/form-data; boundary=limit"}
    async with http.post(url, data=io.BytesIO(body), headers=headers) as response:
        return await _sent(response)


def part(name: str, value: bytes) -> bytes:
    """Write a part of a form, of which the file has a name."""
    filename = '; filename="latte.jpg"' if name == "file" else ""
    head = f'--limit\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n'
    return head.encode() + value + b"\r\n"


def parts_of(form: Any) -> list[tuple[str, bytes]]:
    """List a form's fields as parts."""
    return [(name, value.encode()) for name, value in form["fields"].items()]


async def take_events(clients: AwsClients, names: Names, least: int = 0) -> list[UploadEvent]:
    """Take all events of uploads that wait on the queue; wait until there are so many."""
    events: list[UploadEvent] = []
    async with open_photos_queue(clients, names, wait_time=1 if least else 0) as queue:
        while True:
            messages = await queue.receive(10)
            if not messages and len(events) >= least:
                return events
            for message in messages:
                events += parse_events(message.body)
                await queue.delete(message)


async def _sent(response: aiohttp.ClientResponse) -> Sent:
    text = await response.text()
    is_problem = response.content_type == "application/problem+json"
    problem = json.loads(text)["type"] if is_problem else None
    return Sent(response.status, problem, response.headers)
