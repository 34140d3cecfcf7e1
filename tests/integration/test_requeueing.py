"""Requeueing after the queues were lost, in a shop that does not stand still meanwhile."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from dataclasses import dataclass, field
from pathlib import Path

from notifier.delivering.requeueing import Requeueing
from notifier.topics.press import Press
from notifier.topics.publishers import Publishers
from shared.aws.clients import aws_clients
from shared.aws.errands import Errands
from shared.aws.names import Names
from shared.aws.queue import Message
from shared.messages.errand import ERRAND, Deliver
from shared.runtime.clock import utc_now
from shared.store.opening import open_notifier_store
from shared.store.subscription_contract import DeliveryLog
from tests.contract.subscribers import due_to
from tests.support.notifier import settings_for

STARTED = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
EARLIER, LATER = STARTED - dt.timedelta(minutes=1), STARTED + dt.timedelta(seconds=1)
SECONDS = 5


@dataclass
class BusyQueue:
    """A queue during each of whose sends another announcement reaches the log."""

    log: DeliveryLog
    sent: list[str] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def send(self, message: Message) -> None:
        errand = ERRAND.validate_json(message.body)
        assert isinstance(errand, Deliver)
        self.sent.append(errand.delivery_id)
        await self.log.log_due([due_to("s1", f"fresh-{next(self.numbers)}", LATER)])


async def test_only_what_was_due_before_is_queued_again_so_that_it_comes_to_an_end(
    tmp_path: Path,
) -> None:
    settings = settings_for("http://127.0.0.1:1", state_dir=tmp_path)
    lost = [due_to("s1", f"lost-{number}", EARLIER) for number in range(3)]
    async with (
        aws_clients(settings) as clients,
        open_notifier_store(settings, None, utc_now) as store,
        asyncio.timeout(SECONDS),
    ):
        await store.log_due(lost)
        queue = BusyQueue(store)
        press = Press(store, Publishers(clients, Names()), "main", utc_now)
        await Requeueing(store, Errands(queue), press, lambda: STARTED).requeue()
    assert queue.sent == [delivery.id for delivery in lost]
