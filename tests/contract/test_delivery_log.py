"""The log of deliveries: a delivery is due until it is finished, and delivered for good."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from notifier.store.contract import NotifierStore
from shared.domain.delivery import Delivery, DeliveryState, due_sort_key
from tests.contract.conftest import OpenNotifierStore
from tests.contract.orders import NOON
from tests.contract.subscribers import SECOND, due_to, in_isolation

MINUTE = 60 * SECOND


def tried(delivery: Delivery, state: DeliveryState, attempts: int = 1) -> Delivery:
    error = None if state is DeliveryState.DELIVERED else "503"
    return replace(
        delivery, state=state, attempts=attempts, tried_at=NOON + attempts * SECOND, error=error
    )


async def test_due_deliveries_are_seen_by_every_process(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    ada, grace = due_to("ada"), due_to("grace")
    await notifier.log_due([ada, grace])
    await notifier.log_due([])

    assert await second_notifier.delivery("ada", ada.id) == ada
    assert await second_notifier.due_deliveries(10) == [ada, grace]
    assert await second_notifier.delivery("ada", "unknown") is None
    assert await second_notifier.delivery("unknown", ada.id) is None


async def test_more_deliveries_are_logged_at_once_than_one_request_takes(
    notifier: NotifierStore,
) -> None:
    due = [due_to(f"subscriber-{count:03d}") for count in range(130)]
    await notifier.log_due(due)

    assert await notifier.due_deliveries(200) == due


@pytest.mark.parametrize("state", list(DeliveryState))
async def test_a_logged_delivery_stays_as_it_is_when_it_is_announced_again(
    notifier: NotifierStore, second_notifier: NotifierStore, state: DeliveryState
) -> None:
    ada, grace = due_to("ada"), due_to("grace")
    await notifier.log_due([ada])
    attempt = tried(ada, state)
    await notifier.log_attempt(attempt)

    await second_notifier.log_due([ada, grace])

    assert await notifier.delivery("ada", ada.id) == attempt
    assert await notifier.delivery("grace", grace.id) == grace


async def test_an_attempt_is_written_over_the_one_before(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    due = due_to("ada")
    await notifier.log_due([due])
    for attempts, state in enumerate(
        (DeliveryState.DUE, DeliveryState.FAILED, DeliveryState.DUE, DeliveryState.DELIVERED),
        start=1,
    ):
        attempt = tried(due, state, attempts)
        await notifier.log_attempt(attempt)

        assert await second_notifier.delivery("ada", due.id) == attempt
        still_due = [attempt] if state is DeliveryState.DUE else []
        assert await second_notifier.due_deliveries(10) == still_due


@pytest.mark.parametrize("late", [DeliveryState.DUE, DeliveryState.FAILED, DeliveryState.DROPPED])
async def test_a_late_write_of_an_attempt_does_not_undo_that_it_was_delivered(
    notifier: NotifierStore, second_notifier: NotifierStore, late: DeliveryState
) -> None:
    due = due_to("ada")
    await notifier.log_due([due])
    delivered = tried(due, DeliveryState.DELIVERED, 2)
    await notifier.log_attempt(delivered)

    await second_notifier.log_attempt(tried(due, late))

    assert await notifier.delivery("ada", due.id) == delivered
    assert await notifier.due_deliveries(10) == []


async def test_a_redelivery_is_written_over_the_delivery_before(notifier: NotifierStore) -> None:
    due = due_to("ada")
    await notifier.log_due([due])
    await notifier.log_attempt(tried(due, DeliveryState.DELIVERED))
    again = tried(due, DeliveryState.DELIVERED, 2)
    await notifier.log_attempt(again)

    assert await notifier.delivery("ada", due.id) == again


async def test_the_last_deliveries_are_those_of_the_newest_events(
    notifier: NotifierStore,
) -> None:
    oldest, middle, newest = [
        due_to("ada", f"issue-{count}", NOON + count * SECOND) for count in (1, 2, 3)
    ]
    await notifier.log_due([middle, newest, oldest, due_to("grace")])
    delivered = tried(oldest, DeliveryState.DELIVERED)
    await notifier.log_attempt(delivered)

    assert await notifier.last_deliveries("ada", 10) == [newest, middle, delivered]
    assert await notifier.last_deliveries("ada", 2) == [newest, middle]
    assert await notifier.last_deliveries("nobody", 2) == []
    assert await notifier.last_deliveries("ada", 2, newest.id) == [middle, delivered]
    assert await notifier.last_deliveries("ada", 2, middle.id) == [delivered]
    assert await notifier.last_deliveries("ada", 2, oldest.id) == []


async def test_due_deliveries_are_listed_page_by_page(notifier: NotifierStore) -> None:
    due = [
        due_to(subscriber, f"issue-{age}", NOON + age * SECOND)
        for age in (1, 2, 3)
        for subscriber in ("ada", "grace", "mary")
    ]
    await notifier.log_due(due[::-1])
    done = due.pop(4)
    await notifier.log_attempt(tried(done, DeliveryState.DELIVERED))

    first = await notifier.due_deliveries(3)
    second = await notifier.due_deliveries(3, due_sort_key(first[-1]))
    third = await notifier.due_deliveries(3, due_sort_key(second[-1]))

    assert [*first, *second, *third] == due
    assert (len(first), len(second), len(third)) == (3, 3, 2)
    assert await notifier.due_deliveries(3, due_sort_key(due[-1])) == []
    assert await notifier.due_deliveries(3, due_sort_key(done)) == due[4:7]


async def test_due_deliveries_are_counted_where_they_are_above_a_number(
    notifier: NotifierStore,
) -> None:
    due = [
        due_to(subscriber, f"issue-{number}")
        for subscriber, count in (("ada", 3), ("grace", 2), ("mary", 4))
        for number in range(count)
    ]
    await notifier.log_due(due)
    await notifier.log_attempt(tried(due[-1], DeliveryState.DELIVERED))
    await notifier.log_attempt(tried(due[-2], DeliveryState.DUE))

    assert await notifier.count_due(2) == {"ada": 3, "mary": 3}
    assert await notifier.count_due(3) == {}


async def test_an_attempt_is_claimed_once_by_a_caller_that_knows_the_logged_delivery(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    due = due_to("ada")
    await notifier.log_due([due])

    claimed = await notifier.claim_attempt(due, NOON + SECOND, NOON + MINUTE)
    assert claimed == replace(due, attempts=1, tried_at=NOON + SECOND, not_before=NOON + MINUTE)
    assert await second_notifier.claim_attempt(due, NOON + 2 * SECOND, NOON + MINUTE) is None
    assert await second_notifier.delivery("ada", due.id) == claimed
    assert await second_notifier.due_deliveries(10) == [claimed]

    refused = tried(due, DeliveryState.DUE)
    await notifier.log_attempt(refused)
    again = await second_notifier.claim_attempt(refused, NOON + 3 * SECOND, NOON + MINUTE)
    assert again == replace(due, attempts=2, tried_at=NOON + 3 * SECOND, not_before=NOON + MINUTE)


async def test_no_attempt_of_an_unknown_or_a_finished_delivery_is_claimed(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    due = due_to("ada")
    assert await notifier.claim_attempt(due, NOON, NOON + MINUTE) is None

    await notifier.log_due([due])
    delivered = tried(due, DeliveryState.DELIVERED)
    await second_notifier.log_attempt(delivered)
    assert await notifier.claim_attempt(due, NOON, NOON + MINUTE) is None
    assert await notifier.delivery("ada", due.id) == delivered


@in_isolation
async def test_of_many_that_claim_an_attempt_at_once_one_makes_it(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    due = due_to("ada")
    await notifier.log_due([due])

    claims = await asyncio.gather(
        *(
            store.claim_attempt(due, NOON + count * SECOND, NOON + MINUTE)
            for count, store in enumerate([notifier, second_notifier] * 3, start=1)
        )
    )

    assert [claim for claim in claims if claim] == [await notifier.delivery("ada", due.id)]


@in_isolation
async def test_attempts_at_once_leave_the_delivered_one(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    due = due_to("ada")
    await notifier.log_due([due])
    delivered = tried(due, DeliveryState.DELIVERED, 3)

    await asyncio.gather(
        notifier.log_attempt(tried(due, DeliveryState.DUE, 1)),
        second_notifier.log_attempt(delivered),
        notifier.log_attempt(tried(due, DeliveryState.FAILED, 2)),
    )

    assert await notifier.delivery("ada", due.id) == delivered


async def test_one_shop_does_not_see_the_deliveries_of_another(
    notifier: NotifierStore, open_notifier: OpenNotifierStore, shop_id: str
) -> None:
    due = due_to("ada")
    await notifier.log_due([due])

    async with open_notifier(f"{shop_id}-elsewhere") as elsewhere:
        assert await elsewhere.delivery("ada", due.id) is None
        assert await elsewhere.last_deliveries("ada", 10) == []
        assert await elsewhere.due_deliveries(10) == []
        assert await elsewhere.count_due(0) == {}


async def test_deleted_deliveries_are_gone_whatever_their_state_and_others_stay(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    to_ada = [due_to("ada", f"issue-{count:04d}") for count in range(520)]
    to_grace = due_to("grace")
    await notifier.log_due([*to_ada, to_grace])
    for delivery, state in zip(to_ada, DeliveryState, strict=False):
        await notifier.log_attempt(tried(delivery, state))

    assert await second_notifier.delete_deliveries("ada") == len(to_ada)

    assert await notifier.last_deliveries("ada", 10) == []
    assert await notifier.due_deliveries(10) == [to_grace]
    assert await notifier.delete_deliveries("ada") == 0


async def test_the_deliveries_of_one_event_are_counted_by_state(notifier: NotifierStore) -> None:
    names = [f"subscriber-{number}" for number in range(120)]
    due = [due_to(name) for name in names]
    await notifier.log_due([*due, due_to("stranger")])
    for delivery in due[:70]:
        await notifier.log_attempt(tried(delivery, DeliveryState.DELIVERED))
    for delivery in due[70:75]:
        await notifier.log_attempt(tried(delivery, DeliveryState.FAILED))
    assert await notifier.delivery_states([*names, "unknown"], due[0].id) == {
        DeliveryState.DELIVERED: 70,
        DeliveryState.FAILED: 5,
        DeliveryState.DUE: 45,
    }
    assert await notifier.delivery_states(names, "unknown") == {}
