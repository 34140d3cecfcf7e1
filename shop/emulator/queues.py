# ruff: noqa: SLF001 - ministack's own functions are what this is about
"""Makes ministack's standard queues fit for a busy shop.

As they are, a receive checks all messages of its queue for their age, their number of receives
and their visibility, and a delete builds the list anew for each entry: an order costs the more, the
more orders wait. Here both begin at the front, where messages are that were received, and end with
what they look for. FIFO queues stay as they are.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import itertools
import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, TypeAlias

import structlog

from shop.emulator.long_polls import LongPolls, Queue

Document: TypeAlias = dict[str, Any]
"""The JSON of a call, or of its answer."""

Action: TypeAlias = Callable[[Document, str], Any]
"""Answers a call, given the URL of its queue."""

SWEEP_SECONDS = 1.0
"""How often a queue is searched as a whole for messages that are too old."""

_FUNCTIONS = {
    "_get_q": ["url", "action"],
    "_expire_retained": ["q"],
    "_dlq_sweep": ["q"],
    "_collect_msgs": ["q", "max_n", "vis_timeout"],
}
"""What is called and replaced in ministack 1.5.33's SQS, with the names of its parameters."""

log = structlog.stdlib.get_logger(__name__)


def adapt(sqs: Any, sns: Any) -> LongPolls | None:
    """Replace functions of ministack's SQS, and return its long polls.

    If another version has other functions, it leaves all as it is, and returns None.
    """
    missing = [name for name, given in _FUNCTIONS.items() if _parameters(sqs, name) != given]
    if missing or not all(hasattr(module, "esm_wake") for module in (sqs, sns)):
        log.warning("emulator.not_adapted", missing=missing)
        return None
    polls = LongPolls()
    sqs.esm_wake = sns.esm_wake = polls  # both set it when they have added a message
    queues = _Queues(sqs, polls)
    sqs._expire_retained = queues.expire
    sqs._dlq_sweep = queues.sweep
    sqs._collect_msgs = queues.collect
    for names, adapted in (
        (["ReceiveMessage"], queues.receive),
        (["DeleteMessage", "DeleteMessageBatch"], queues.delete),
        (["ChangeMessageVisibility", "ChangeMessageVisibilityBatch"], queues.change),
    ):
        for name in names:
            sqs._HANDLERS[name] = functools.partial(adapted, sqs._HANDLERS[name])
    return polls


def _parameters(module: Any, name: str) -> list[str] | None:
    function = getattr(module, name, None)
    return list(inspect.signature(function).parameters) if callable(function) else None


class _Queues:
    """Functions in place of ministack's own, which they call with the messages that matter."""

    def __init__(self, sqs: Any, polls: LongPolls) -> None:
        self._polls = polls
        self._find = sqs._get_q
        self._expire = sqs._expire_retained
        self._sweep = sqs._dlq_sweep
        self._collect = sqs._collect_msgs

    async def receive(self, plain: Action, data: Document, url: str) -> Document:
        """Look for messages, and again whenever there may be some, for as long as the poll."""
        loop = asyncio.get_running_loop()
        queue = self._queue(data, url)
        until = self._polls.begin(_wait_seconds(data, queue))
        while True:
            answer: Document = await plain({**data, "WaitTimeSeconds": 0}, url)
            until = self._polls.end(until)
            if answer or queue["is_fifo"] or loop.time() >= until:
                return answer
            await self._polls.wait(queue, until)

    def delete(self, plain: Action, data: Document, url: str) -> Document:
        """Let ministack delete from those messages alone that the call names."""
        queue = self._queue(data, url)
        all_messages = queue["messages"]
        places = [*_places(all_messages, _receipts(data))]
        queue["messages"] = [all_messages[place] for place in places]
        try:
            answer: Document = plain(data, url)
        finally:
            kept = {id(message) for message in queue["messages"]}
            for place in reversed(places):
                if id(all_messages[place]) not in kept:
                    del all_messages[place]
            queue["messages"] = all_messages
        return answer

    def change(self, plain: Action, data: Document, url: str) -> Document:
        """Tell the long polls when messages become visible at another time."""
        answer: Document = plain(data, url)
        self._polls.changed(self._queue(data, url))
        return answer

    def expire(self, queue: Queue) -> None:
        """Search a queue for messages that are too old, seldom."""
        now = time.time()
        if abs(now - queue.get("expired_at", 0)) >= SWEEP_SECONDS:
            queue["expired_at"] = now
            self._expire(queue)

    def sweep(self, queue: Queue) -> None:
        """Search a queue for dead letters, if one of its messages may be one."""
        policy = queue["attributes"].get("RedrivePolicy")
        if not queue["is_fifo"] and queue.get("none_spent_under") == policy:
            return
        self._sweep(queue)
        if not _any_spent(queue, queue["messages"]):
            queue["none_spent_under"] = policy

    def collect(self, queue: Queue, most: int, timeout: int) -> Any:
        """Take up to `most` visible messages from the front."""
        if queue["is_fifo"]:
            return self._collect(queue, most, timeout)
        first = [*itertools.islice(_visible(queue), most)]
        taken = self._collect({**queue, "messages": first}, most, timeout)
        if _any_spent(queue, taken):
            queue.pop("none_spent_under", None)
        return taken

    def _queue(self, data: Document, url: str) -> Queue:
        queue: Queue = self._find(data.get("QueueUrl", url))
        return queue


def _visible(queue: Queue) -> Iterator[Document]:
    now = time.time()
    return (message for message in queue["messages"] if message["visible_at"] <= now)


def _places(messages: list[Document], receipts: Collection[str]) -> Iterator[int]:
    """Find messages by their receipts, from the front."""
    found = (
        place for place, message in enumerate(messages) if message["receipt_handle"] in receipts
    )
    return itertools.islice(found, len(receipts))


def _receipts(data: Document) -> set[str]:
    entries = data.get("Entries") or [data]
    return {entry["ReceiptHandle"] for entry in entries if entry.get("ReceiptHandle")}


def _any_spent(queue: Queue, messages: Iterable[Document]) -> bool:
    most = _max_receives(queue["attributes"].get("RedrivePolicy"))
    return any(message["receive_count"] >= most for message in messages)


@functools.lru_cache(maxsize=64)
def _max_receives(policy: str | None) -> float:
    try:
        return int(json.loads(policy or "")["maxReceiveCount"])
    except (KeyError, TypeError, ValueError):
        return float("inf")


def _wait_seconds(data: Document, queue: Queue) -> float:
    wait = data.get("WaitTimeSeconds")
    return float(
        queue["attributes"].get("ReceiveMessageWaitTimeSeconds", 0) if wait is None else wait
    )
