"""A ticket is queued once, after its order was announced, or the failure is raised."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from producer.orders.backlog import Backlog
from producer.orders.dispatcher import OrderDispatcher
from shared.aws.batcher import EntryFailedError
from shared.aws.clients import AwsUnavailableError
from shared.domain.order import Order, OrderState, claim
from shared.messages.ticket import Ticket
from tests.support.orders import NOON, an_order


@dataclass
class Broker:
    """Topic and queue of the dispatcher: records calls, fails or waits on demand."""

    done: list[tuple[str, str]] = field(default_factory=list)
    subscribers: list[bool] = field(default_factory=list)
    fails_with: Exception | None = None
    refused: Order | None = None
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.go_on.set()

    async def announce(self, order: Order, *, has_subscribers: bool = True) -> None:
        self.subscribers.append(has_subscribers)
        await self.go_on.wait()
        if self.fails_with is not None:
            raise self.fails_with
        if order is self.refused:
            raise EntryFailedError("InvalidParameter", "", sender_fault=True)
        self.done.append(("announced", order.id))

    async def send(
        self, body: str, attributes: Mapping[str, str], *, group: str | None = None
    ) -> None:
        assert attributes == {"correlation_id": "abc"}
        assert group == Ticket.model_validate_json(body).store_id  # a shop's tickets are one group
        self.done.append(("queued", Ticket.model_validate_json(body).order_id))

    async def waiting_and_in_flight(self) -> tuple[int, int]:
        return 0, 0


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def backlog(broker: Broker) -> Backlog:
    return Backlog(broker)


@pytest.fixture
def dispatcher(broker: Broker, backlog: Backlog) -> OrderDispatcher:
    return OrderDispatcher(broker, broker, backlog, announce_seconds=0.05)


async def test_an_order_is_announced_before_its_ticket_is_queued(
    dispatcher: OrderDispatcher, broker: Broker, backlog: Backlog
) -> None:
    order = an_order()
    await dispatcher.ensure(order)
    assert broker.done == [("announced", order.id), ("queued", order.id)]
    assert backlog.count == 1


async def test_a_ticket_that_was_queued_is_not_queued_again(
    dispatcher: OrderDispatcher, broker: Broker
) -> None:
    order = an_order()
    await dispatcher.ensure(order)
    await dispatcher.ensure(order)
    await dispatcher.ensure(an_order())
    assert [what for what, _ in broker.done] == ["announced", "queued"] * 2


async def test_many_requests_at_once_for_one_order_queue_one_ticket(
    dispatcher: OrderDispatcher, broker: Broker
) -> None:
    order = an_order()
    broker.go_on.clear()
    requests = [asyncio.create_task(dispatcher.ensure(order)) for _ in range(50)]
    await asyncio.sleep(0)
    broker.go_on.set()
    await asyncio.gather(*requests)
    assert broker.done == [("announced", order.id), ("queued", order.id)]


@pytest.mark.parametrize("state", sorted(set(OrderState) - {OrderState.PLACED}))
async def test_an_order_that_somebody_has_begun_needs_no_ticket(
    dispatcher: OrderDispatcher, broker: Broker, state: OrderState
) -> None:
    await dispatcher.ensure(replace(an_order(), state=state))
    assert broker.done == []


async def test_a_failure_is_raised_and_the_next_try_queues_the_ticket(
    dispatcher: OrderDispatcher, broker: Broker, backlog: Backlog
) -> None:
    order = an_order()
    broker.fails_with = AwsUnavailableError("SNS is unavailable")
    with pytest.raises(AwsUnavailableError):
        await dispatcher.ensure(order)
    assert (broker.done, backlog.count) == ([], 0)
    broker.fails_with = None
    await dispatcher.ensure(order)
    assert broker.done == [("announced", order.id), ("queued", order.id)]


async def test_a_cancelled_request_leaves_the_ticket_to_the_next(
    dispatcher: OrderDispatcher, broker: Broker
) -> None:
    order = an_order()
    broker.go_on.clear()
    first, second = (asyncio.create_task(dispatcher.ensure(order)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    broker.go_on.set()
    await second
    assert broker.done == [("announced", order.id), ("queued", order.id)]


@pytest.mark.parametrize(
    "failure",
    [
        AwsUnavailableError("SNS is unavailable"),
        EntryFailedError("InternalError", "", sender_fault=False),
    ],
)
async def test_a_durable_change_is_not_undone_by_an_announcement_that_fails(
    dispatcher: OrderDispatcher, broker: Broker, failure: Exception
) -> None:
    broker.fails_with = failure
    await dispatcher.announce(an_order())
    assert broker.done == []


async def test_an_announcement_that_takes_too_long_is_given_up(
    dispatcher: OrderDispatcher, broker: Broker
) -> None:
    broker.go_on.clear()
    async with asyncio.timeout(1):
        await dispatcher.announce(an_order())
    assert broker.done == []


async def test_a_fresh_ticket_is_queued_whatever_was_queued_before(
    dispatcher: OrderDispatcher, broker: Broker, backlog: Backlog
) -> None:
    order = an_order()
    await dispatcher.ensure(order)
    await dispatcher.requeue(order)
    await dispatcher.ensure(order)
    assert broker.done == [("announced", order.id), ("queued", order.id)] * 2
    assert backlog.count == 2


async def test_an_order_in_preparation_gets_its_fresh_ticket_without_an_announcement(
    dispatcher: OrderDispatcher, broker: Broker
) -> None:
    order = claim(an_order(), "a ticket", NOON, NOON)
    await dispatcher.requeue(order)
    assert broker.done == [("queued", order.id)]


async def test_what_could_not_be_announced_is_announced_later_once(
    dispatcher: OrderDispatcher, broker: Broker
) -> None:
    orders = [an_order() for _ in range(3)]
    broker.fails_with = AwsUnavailableError("SNS is unavailable")
    for order in orders:
        await dispatcher.announce(order)
    assert dispatcher.unannounced_since == orders[0].since
    with pytest.raises(AwsUnavailableError):
        await dispatcher.announce_remaining()

    broker.fails_with = None
    await dispatcher.announce_remaining()
    await dispatcher.announce_remaining()
    assert broker.done == [("announced", order.id) for order in orders]
    assert dispatcher.unannounced_since is None


async def test_an_order_that_nobody_can_have_subscribed_to_is_announced_as_such_once(
    dispatcher: OrderDispatcher, broker: Broker
) -> None:
    order = an_order()
    broker.fails_with = AwsUnavailableError("SNS is unavailable")
    with pytest.raises(AwsUnavailableError):
        await dispatcher.ensure(order, has_subscribers=False)
    broker.fails_with = None
    await dispatcher.ensure(order)
    assert broker.subscribers == [False, True]


async def test_many_that_cannot_be_announced_in_time_are_given_up_together_and_announced_later(
    dispatcher: OrderDispatcher, broker: Broker
) -> None:
    orders = [an_order() for _ in range(1000)]
    broker.go_on.clear()
    async with asyncio.timeout(1):
        await dispatcher.announce(*orders)
    assert broker.done == []

    broker.go_on.set()
    await dispatcher.announce_remaining()
    assert broker.done == [("announced", order.id) for order in orders]
    assert dispatcher.unannounced_since is None


async def test_one_refused_announcement_does_not_block_the_others(
    dispatcher: OrderDispatcher, broker: Broker
) -> None:
    first, *others = (an_order() for _ in range(200))
    broker.refused = first
    await dispatcher.announce(first, *others)
    assert broker.done == [("announced", order.id) for order in others]
    assert dispatcher.unannounced_since == first.since

    await dispatcher.announce_remaining()
    broker.refused = None
    await dispatcher.announce_remaining()
    assert broker.done[-1] == ("announced", first.id)
    assert dispatcher.unannounced_since is None


async def test_an_announcement_that_was_cancelled_is_made_later(
    dispatcher: OrderDispatcher, broker: Broker
) -> None:
    order = an_order()
    broker.go_on.clear()
    announcing = asyncio.create_task(dispatcher.announce(order))
    await asyncio.sleep(0)
    announcing.cancel()
    await asyncio.wait([announcing])
    assert dispatcher.unannounced_since == order.since

    broker.go_on.set()
    await dispatcher.announce_remaining()
    assert broker.done == [("announced", order.id)]
