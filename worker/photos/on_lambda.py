"""The photo worker as a Lambda function, `worker.photos.on_lambda.handler`, on an SQS event source.

The event source must report partial batches (`ReportBatchItemFailures`), and its queue hide
messages for longer than the function's time-out. Settings are those of the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import structlog
from prometheus_client import CollectorRegistry

from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.consuming.message import Message
from shared.consuming.outcome import Reject, Retry
from shared.runtime.logging import configure_logging
from shared.runtime.startup import read_settings
from worker.photos.build import PhotoWorker, open_photo_worker
from worker.photos.settings import PhotoWorkerSettings

log = structlog.stdlib.get_logger(__name__)

_RESERVE_SECONDS = 2
"""How long before the function's own time-out a message is given up, to answer for the others."""

_LEAST_SECONDS = 5
"""A message that is not the first of its batch is begun with so much time left, or comes again."""


class Context(Protocol):
    """What Lambda says of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the invocation may go on."""


def handler(event: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """Work on a batch of messages, and name those that are to come again."""
    instance = _instance()  # the first invocation spends time on it
    seconds = context.get_remaining_time_in_millis() / 1000 - _RESERVE_SECONDS
    failed = instance.work(event["Records"], seconds)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


class Instance:
    """An instance of the function: its clients and stores live on between invocations."""

    def __init__(self, settings: PhotoWorkerSettings) -> None:
        self._runner = asyncio.Runner()
        self._open = contextlib.AsyncExitStack()
        try:
            self._worker = self._runner.run(self._start(settings))
        except BaseException:
            self.close()
            raise

    def work(self, records: Sequence[Mapping[str, Any]], seconds: float) -> Sequence[str]:
        """Return the ids of the messages that are not done after so many seconds."""
        return self._runner.run(_work(self._worker, records, seconds))

    def close(self) -> None:
        """Close what is open."""
        self._runner.run(self._open.aclose())
        self._runner.close()

    async def _start(self, settings: PhotoWorkerSettings) -> PhotoWorker:
        clients = await self._open.enter_async_context(aws_clients(settings))
        names = Names(settings.name_prefix)
        opened = open_photo_worker(settings, clients, names, CollectorRegistry())
        return await self._open.enter_async_context(opened)


@functools.cache
def _instance() -> Instance:
    settings = read_settings(PhotoWorkerSettings)
    configure_logging("photos", settings.log_format, settings.log_level, settings.log_buffer_kib)
    return Instance(settings)


async def _work(
    worker: PhotoWorker, records: Sequence[Mapping[str, Any]], seconds: float
) -> Sequence[str]:
    """Work on one message after the other: the function has the memory for one picture."""
    time = asyncio.get_running_loop().time
    until = time() + seconds
    failed = []
    for place, message in enumerate(map(_message, records)):
        begun = place == 0 or until - time() >= _LEAST_SECONDS
        with structlog.contextvars.bound_contextvars(message_id=message.message_id):
            if not (begun and await _settled(worker, message, until)):
                failed.append(message.message_id)
    return failed


async def _settled(worker: PhotoWorker, message: Message, until: float) -> bool:
    """Work on a message; a rejected one goes to the dead letters, with its reason, and is done."""
    try:
        async with asyncio.timeout_at(until):
            outcome = await worker.processor.take(message)
            if isinstance(outcome, Reject):
                await worker.queue.dead_letter(message, outcome.reason)
    except Exception as error:  # the others are to be answered for
        log.exception("message.unsettled", error=repr(error))
        return False
    log.info("message.settled", outcome=type(outcome).__name__.lower())
    return not isinstance(outcome, Retry)


def _message(record: Mapping[str, Any]) -> Message:
    """Read a record of the event (AWS Lambda Developer Guide, "Example Amazon SQS event")."""
    system = record["attributes"]
    sent = int(system["SentTimestamp"]) / 1000
    return Message(
        message_id=record["messageId"],
        receipt=record["receiptHandle"],
        body=record["body"],
        attributes={
            name: value["stringValue"]
            for name, value in record.get("messageAttributes", {}).items()
            if value.get("stringValue") is not None
        },
        receive_count=int(system["ApproximateReceiveCount"]),
        sent_at=dt.datetime.fromtimestamp(sent, dt.UTC),
    )
