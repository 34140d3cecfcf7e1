"""Gathers the evidence of a run from the store and the queues."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from shared.aws.clients import AwsClients
from shared.aws.names import Names
from shared.aws.queue import REASON, SqsQueue
from shared.domain.order import Order
from shared.store.contract import OrderStore
from tests.chaos.evidence import DeadLetter

_PAGE = 100
_READ_WITHIN = 40


async def all_orders(store: OrderStore) -> Sequence[Order]:
    """Read every order of a shop."""
    page = await store.page(None, _PAGE, None)
    orders = [*page.orders]
    while page.next_cursor is not None:
        page = await store.page(None, _PAGE, page.next_cursor)
        orders += page.orders
    return orders


async def dead_letters(clients: AwsClients, names: Names) -> Sequence[DeadLetter]:
    """Read the whole dead-letter queue, each message once, without deleting any."""
    url = (await clients.sqs.get_queue_url(QueueName=names.dead_letters))["QueueUrl"]
    queue = SqsQueue(clients.sqs, url, visibility_timeout=60, wait_time=1)
    letters: dict[str, DeadLetter] = {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_READ_WITHIN):
            # The counter may have leased some of them to read them, too.
            while len(letters) < sum(await queue.waiting_and_in_flight()):
                for letter in await queue.receive(10):
                    reason = letter.attributes.get(REASON)
                    letters[letter.message_id] = DeadLetter(letter.body, reason)
    await queue.close()
    return list(letters.values())
