"""SQS's JSON protocol on loopback, fast and with a chosen delay, in front of queues in memory."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp import web

from benchmarks.engine.loopback_queue import LoopbackQueue, Received, Stored

ACCOUNT = "000000000000"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}
"""What every consumer is given; the server does not look at signatures."""

Request: TypeAlias = Mapping[str, Any]
Answer: TypeAlias = Mapping[str, Any]


@dataclass(slots=True)
class LoopbackSqs:
    """Answers SQS's requests `delay` seconds after they come; any queue that is named exists.

    A long poll for a message that is not there yet is answered so long after it is.
    """

    url: str = ""
    delay: float = 0
    queues: dict[str, LoopbackQueue] = field(default_factory=lambda: defaultdict(LoopbackQueue))

    def queue_url(self, name: str) -> str:
        """Give the URL of a queue."""
        return f"{self.url}/{ACCOUNT}/{name}"

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, and count it for its queue."""
        operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        asked = json.loads(await request.read())
        if (answering := _OPERATIONS.get(operation)) is None:
            return _response({"__type": "UnsupportedOperation", "message": operation}, status=400)
        name = asked.get("QueueUrl", "").rpartition("/")[2] or asked.get("QueueName", "")
        waits = "WaitTimeSeconds" in asked and not self.queues[name].counts()[0]
        came = asyncio.get_running_loop().time()
        answer = await answering(self, self.queues[name], asked)
        self.queues[name].requests[operation] += 1
        response = _response(answer)
        if self.delay:
            now = asyncio.get_running_loop().time()
            await asyncio.sleep(self.delay if waits else came + self.delay - now)
        return response


@contextlib.asynccontextmanager
async def loopback_sqs() -> AsyncIterator[LoopbackSqs]:
    """Serve on a free port of 127.0.0.1 until the block ends."""
    async with served(sqs := LoopbackSqs()):
        yield sqs


@contextlib.asynccontextmanager
async def served(sqs: LoopbackSqs) -> AsyncIterator[None]:
    """Do that with one that was made before."""
    runner = web.ServerRunner(web.Server(sqs.handle, access_log=None), shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        sqs.url = f"http://{host}:{port}"
        yield
    finally:
        await runner.cleanup()


def _response(answer: Answer, status: int = 200) -> web.Response:
    body = json.dumps(answer, separators=(",", ":")).encode()
    return web.Response(body=body, status=status, content_type="application/x-amz-json-1.0")


async def _receive(_: LoopbackSqs, queue: LoopbackQueue, asked: Request) -> Answer:
    limit, seconds = asked.get("MaxNumberOfMessages", 1), asked.get("WaitTimeSeconds", 0)
    received = await queue.receive(limit, seconds)
    return {"Messages": _messages(received, asked)} if received else {}


def _messages(received: Received, asked: Request) -> list[Answer]:
    system = {*asked.get("MessageSystemAttributeNames", ()), *asked.get("AttributeNames", ())}
    with_attributes = bool(asked.get("MessageAttributeNames"))
    return [
        _message(receipt, message, system, with_attributes=with_attributes)
        for receipt, message in received
    ]


def _message(receipt: str, message: Stored, system: set[str], *, with_attributes: bool) -> Answer:
    answer: dict[str, Any] = {
        "MessageId": message.message_id,
        "ReceiptHandle": receipt,
        "MD5OfBody": message.md5,
        "Body": message.body,
    }
    known = {
        "ApproximateReceiveCount": str(message.receives),
        "SentTimestamp": str(message.sent_at),
    }
    if chosen := {name: known[name] for name in known if system & {name, "All"}}:
        answer["Attributes"] = chosen
    if with_attributes and message.attributes:
        answer["MessageAttributes"] = message.attributes
    return answer


async def _send(_: LoopbackSqs, queue: LoopbackQueue, asked: Request) -> Answer:
    queue.put(asked)
    return {"MessageId": "sent"}


async def _send_batch(_: LoopbackSqs, queue: LoopbackQueue, asked: Request) -> Answer:
    for entry in asked["Entries"]:
        queue.put(entry)
    return _all_successful(asked)


async def _delete(_: LoopbackSqs, queue: LoopbackQueue, asked: Request) -> Answer:
    queue.delete(asked["ReceiptHandle"])
    return {}


async def _delete_batch(_: LoopbackSqs, queue: LoopbackQueue, asked: Request) -> Answer:
    for entry in asked["Entries"]:
        queue.delete(entry["ReceiptHandle"])
    return _all_successful(asked)


async def _change(_: LoopbackSqs, queue: LoopbackQueue, asked: Request) -> Answer:
    _hand_back(queue, [asked])
    return {}


async def _change_batch(_: LoopbackSqs, queue: LoopbackQueue, asked: Request) -> Answer:
    _hand_back(queue, asked["Entries"])
    return _all_successful(asked)


def _hand_back(queue: LoopbackQueue, entries: Iterable[Request]) -> None:
    for entry in entries:
        if entry["VisibilityTimeout"] == 0:
            queue.hand_back(entry["ReceiptHandle"])


def _all_successful(asked: Request) -> Answer:
    return {"Successful": [{"Id": entry["Id"]} for entry in asked["Entries"]], "Failed": []}


async def _queue_url(sqs: LoopbackSqs, _: LoopbackQueue, asked: Request) -> Answer:
    return {"QueueUrl": sqs.queue_url(asked["QueueName"])}


async def _queue_urls(sqs: LoopbackSqs, _: LoopbackQueue, asked: Request) -> Answer:
    prefix = asked.get("QueueNamePrefix", "")
    return {"QueueUrls": [sqs.queue_url(name) for name in sqs.queues if name.startswith(prefix)]}


async def _attributes(_: LoopbackSqs, queue: LoopbackQueue, asked: Request) -> Answer:
    waiting, in_flight = queue.counts()
    name = asked["QueueUrl"].rpartition("/")[2]
    return {
        "Attributes": {
            "QueueArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}",
            "VisibilityTimeout": "30",
            "ApproximateNumberOfMessages": str(waiting),
            "ApproximateNumberOfMessagesNotVisible": str(in_flight),
            "ApproximateNumberOfMessagesDelayed": "0",
        }
    }


_OPERATIONS: Mapping[str, Callable[[LoopbackSqs, LoopbackQueue, Request], Awaitable[Answer]]] = {
    "ReceiveMessage": _receive,
    "SendMessage": _send,
    "SendMessageBatch": _send_batch,
    "DeleteMessage": _delete,
    "DeleteMessageBatch": _delete_batch,
    "ChangeMessageVisibility": _change,
    "ChangeMessageVisibilityBatch": _change_batch,
    "GetQueueUrl": _queue_url,
    "CreateQueue": _queue_url,
    "ListQueues": _queue_urls,
    "GetQueueAttributes": _attributes,
}
