"""A ticket is queued once, after its order was announced, or its failure is heard of."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from producer.orders.backlog import Backlog
from producer.orders.dispatcher import OrderDispatcher
from shared.aws.batcher import EntryFailedError
from shared.aws.errors import AwsUnavailableError
from shared.aws.queue import OutgoingMessage
from shared.domain.order import Order, OrderState
from shared.messages.ticket import Ticket
from tests.support.orders import an_order


@dataclass
class Counter:
    """Both ports of the dispatcher: writes down what is done, and fails or waits when told to."""

    done: list[tuple[str, str]] = field(default_factory=list)
    fails_with: Exception | None = None
    refused: Order | None = None
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.go_on.set()

    async def announce(self, order: Order) -> None:
        await self.go_on.wait()
        if self.fails_with is not None:
            raise self.fails_with
        if order is self.refused:
            raise EntryFailedError("InvalidParameter", "", sender_fault=True)
        self.done.append(("announced", order.id))

    async def send(self, message: OutgoingMessage) -> None:
        self.done.append(("queued", Ticket.model_validate_json(message.body).order_id))

    async def waiting_and_in_flight(self) -> tuple[int, int]:
        return 0, 0


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def backlog(counter: Counter) -> Backlog:
    return Backlog(counter)


@pytest.fixture
def dispatcher(counter: Counter, backlog: Backlog) -> OrderDispatcher:
    return OrderDispatcher(counter, counter, backlog, announce_seconds=0.05)


async def test_an_order_is_announced_before_its_ticket_is_queued(
    dispatcher: OrderDispatcher, counter: Counter, backlog: Backlog
) -> None:
    order = an_order()
    await dispatcher.ensure(order)
    assert counter.done == [("announced", order.id), ("queued", order.id)]
    assert backlog.count == 1


async def test_a_ticket_that_was_queued_is_not_queued_again(
    dispatcher: OrderDispatcher, counter: Counter
) -> None:
    order = an_order()
    await dispatcher.ensure(order)
    await dispatcher.ensure(order)
    await dispatcher.ensure(an_order())
    assert [what for what, _ in counter.done] == ["announced", "queued"] * 2


async def test_those_who_ask_at_once_for_one_order_get_one_ticket(
    dispatcher: OrderDispatcher, counter: Counter
) -> None:
    order = an_order()
    counter.go_on.clear()
    asking = [asyncio.create_task(dispatcher.ensure(order)) for _ in range(50)]
    await asyncio.sleep(0)
    counter.go_on.set()
    await asyncio.gather(*asking)
    assert counter.done == [("announced", order.id), ("queued", order.id)]


@pytest.mark.parametrize("state", sorted(set(OrderState) - {OrderState.PLACED}))
async def test_an_order_that_somebody_has_begun_needs_no_ticket(
    dispatcher: OrderDispatcher, counter: Counter, state: OrderState
) -> None:
    await dispatcher.ensure(replace(an_order(), state=state))
    assert counter.done == []


async def test_a_failure_is_heard_of_and_the_next_try_queues_the_ticket(
    dispatcher: OrderDispatcher, counter: Counter, backlog: Backlog
) -> None:
    order = an_order()
    counter.fails_with = AwsUnavailableError("SNS is out of reach")
    with pytest.raises(AwsUnavailableError):
        await dispatcher.ensure(order)
    assert (counter.done, backlog.count) == ([], 0)
    counter.fails_with = None
    await dispatcher.ensure(order)
    assert counter.done == [("announced", order.id), ("queued", order.id)]


async def test_one_who_gives_up_leaves_the_ticket_to_the_next(
    dispatcher: OrderDispatcher, counter: Counter
) -> None:
    order = an_order()
    counter.go_on.clear()
    first, second = (asyncio.create_task(dispatcher.ensure(order)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    counter.go_on.set()
    await second
    assert counter.done == [("announced", order.id), ("queued", order.id)]


@pytest.mark.parametrize(
    "failure",
    [
        AwsUnavailableError("SNS is out of reach"),
        EntryFailedError("InternalError", "", sender_fault=False),
    ],
)
async def test_what_is_durable_is_not_undone_by_an_announcement_that_fails(
    dispatcher: OrderDispatcher, counter: Counter, failure: Exception
) -> None:
    counter.fails_with = failure
    await dispatcher.announce(an_order())
    assert counter.done == []


async def test_an_announcement_that_takes_too_long_is_given_up(
    dispatcher: OrderDispatcher, counter: Counter
) -> None:
    counter.go_on.clear()
    async with asyncio.timeout(1):
        await dispatcher.announce(an_order())
    assert counter.done == []


async def test_a_fresh_ticket_is_queued_whatever_was_queued_before(
    dispatcher: OrderDispatcher, counter: Counter, backlog: Backlog
) -> None:
    order = an_order()
    await dispatcher.ensure(order)
    await dispatcher.requeue(order)
    await dispatcher.ensure(order)
    assert counter.done == [("announced", order.id), ("queued", order.id)] * 2
    assert backlog.count == 2


async def test_an_order_in_preparation_gets_its_fresh_ticket_without_an_announcement(
    dispatcher: OrderDispatcher, counter: Counter
) -> None:
    order = replace(an_order(), state=OrderState.PREPARING)
    await dispatcher.requeue(order)
    assert counter.done == [("queued", order.id)]


async def test_what_could_not_be_announced_is_announced_later_once(
    dispatcher: OrderDispatcher, counter: Counter
) -> None:
    orders = [an_order() for _ in range(3)]
    counter.fails_with = AwsUnavailableError("SNS is out of reach")
    for order in orders:
        await dispatcher.announce(order)
    assert dispatcher.unannounced_since == orders[0].since
    with pytest.raises(AwsUnavailableError):
        await dispatcher.announce_remaining()

    counter.fails_with = None
    await dispatcher.announce_remaining()
    await dispatcher.announce_remaining()
    assert counter.done == [("announced", order.id) for order in orders]
    assert dispatcher.unannounced_since is None


async def test_many_that_cannot_be_announced_in_time_are_given_up_together_and_announced_later(
    dispatcher: OrderDispatcher, counter: Counter
) -> None:
    orders = [an_order() for _ in range(1000)]
    counter.go_on.clear()
    async with asyncio.timeout(1):
        await dispatcher.announce(*orders)
    assert counter.done == []

    counter.go_on.set()
    await dispatcher.announce_remaining()
    assert counter.done == [("announced", order.id) for order in orders]
    assert dispatcher.unannounced_since is None


async def test_one_announcement_that_is_refused_keeps_none_of_the_others_back(
    dispatcher: OrderDispatcher, counter: Counter
) -> None:
    first, *others = (an_order() for _ in range(200))
    counter.refused = first
    await dispatcher.announce(first, *others)
    assert counter.done == [("announced", order.id) for order in others]
    assert dispatcher.unannounced_since == first.since

    await dispatcher.announce_remaining()
    counter.refused = None
    await dispatcher.announce_remaining()
    assert counter.done[-1] == ("announced", first.id)
    assert dispatcher.unannounced_since is None


async def test_what_was_being_announced_when_its_teller_was_stopped_is_announced_later(
    dispatcher: OrderDispatcher, counter: Counter
) -> None:
    order = an_order()
    counter.go_on.clear()
    telling = asyncio.create_task(dispatcher.announce(order))
    await asyncio.sleep(0)
    telling.cancel()
    await asyncio.wait([telling])
    assert dispatcher.unannounced_since == order.since

    counter.go_on.set()
    await dispatcher.announce_remaining()
    assert counter.done == [("announced", order.id)]
