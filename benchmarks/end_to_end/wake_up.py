"""What the emulator's own wake-up costs: from sending a message to the long poll that has it."""

from __future__ import annotations

import asyncio
import configparser
import json
import statistics
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.end_to_end.connections import Exchange, address

_QUEUE = "benchmark-wake-up"
_PAUSE_SECONDS = 0.05
_ROUNDS = 40


async def wake_up_seconds(folder: Path) -> float:
    """Measure it at the emulator of the shop whose state is in `folder`; give the median.

    The client is as bare as can be: two connections, requests written by hand.
    """
    client = _Client(folder)
    sends, polls = await client.connected(), await client.connected()
    queue = await client.call(sends, "CreateQueue", QueueName=_QUEUE)
    url = str(queue["QueueUrl"])
    times = []
    for number in range(_ROUNDS):
        poll = asyncio.create_task(
            client.call(polls, "ReceiveMessage", QueueUrl=url, WaitTimeSeconds=5)
        )
        await asyncio.sleep(_PAUSE_SECONDS + number / 400)  # at any time of a server's own looks
        began = time.perf_counter()
        await client.call(sends, "SendMessage", QueueUrl=url, MessageBody="x")
        (message,) = (await poll)["Messages"]
        times.append(time.perf_counter() - began)
        receipt = message["ReceiptHandle"]
        await client.call(sends, "DeleteMessage", QueueUrl=url, ReceiptHandle=receipt)
    await client.call(sends, "DeleteQueue", QueueUrl=url)
    return statistics.median(times)


class _Client:
    """Calls the emulator with the credentials that it wrote into its folder."""

    def __init__(self, folder: Path) -> None:
        file = configparser.ConfigParser()
        file.read(folder / "emulator/credentials")
        self._profile = file["default"]
        self._address = urlsplit(self._profile["endpoint_url"])

    async def connected(self) -> Exchange:
        loop = asyncio.get_running_loop()
        host, port = address(self._profile["endpoint_url"])
        return (await loop.create_connection(Exchange, host, port))[1]

    async def call(self, exchange: Exchange, action: str, **arguments: object) -> dict[str, Any]:
        body = json.dumps(arguments)
        scope = f"20261101/{self._profile['region']}/sqs/aws4_request"
        status, answer = await exchange.ask(
            (
                f"POST / HTTP/1.1\r\nHost: {self._address.netloc}\r\n"
                f"X-Amz-Target: AmazonSQS.{action}\r\n"
                "Content-Type: application/x-amz-json-1.0\r\n"
                f"Authorization: AWS4-HMAC-SHA256 Credential={self._profile['aws_access_key_id']}"
                f"/{scope}, SignedHeaders=host, Signature=00\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}"
            ).encode()
        )
        if status != 200:  # noqa: PLR2004 - OK
            raise ConnectionError(answer.decode())
        document: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
        return document
