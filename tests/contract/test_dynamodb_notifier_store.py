"""The notifier's DynamoDB store alone: retries, expiry, the index."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from notifier.store.contract import PostponedJob
from notifier.store.dynamodb.store import DynamoDBNotifierStore
from notifier.store.factory import open_notifier_store
from shared.domain.delivery import DeliveryState
from shared.domain.order import OPEN_STATES
from shared.domain.subscription import Subscription, SubscriptionState, advance
from shared.runtime.settings import ServiceSettings, StoreKind
from shared.store.contract import StoreUnavailableError, ValueKey
from shared.store.dynamodb.item import Item, key, shop_key
from shared.store.dynamodb.provisioning import provision_table
from shared.store.dynamodb.store import DynamoDBStore
from shared.store.dynamodb.subscription_item import subscription_key, subscription_pk
from shared.store.dynamodb.table import Table
from shared.store.factory import open_store, table_name
from shared.store.subscription_contract import SubscriptionChangedError
from tests.contract.conftest import TABLE, dynamodb_client
from tests.contract.orders import NOON, TODAY, NewOrder, ids
from tests.contract.subscribers import SECOND, NewSubscription, all_of, due_to, issue
from tests.support.emulator import free_port

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

MONTH_LATER = str(int((NOON + dt.timedelta(days=30)).timestamp()))
QUARTER_LATER = str(int((NOON + dt.timedelta(days=90)).timestamp()))


@pytest.fixture(params=["moto", "ministack"])
def endpoint(request: pytest.FixtureRequest) -> str:
    endpoint: str = request.getfixturevalue(f"{request.param}_table")
    return endpoint


@pytest.fixture
async def client(endpoint: str) -> AsyncIterator[DynamoDBClient]:
    async with dynamodb_client(endpoint) as client:
        yield client


@pytest.fixture
def notifier(client: DynamoDBClient, shop_id: str) -> DynamoDBNotifierStore:
    return DynamoDBNotifierStore(Table(client, TABLE), shop_id, lambda: NOON)


def send_twice(client: DynamoDBClient, operation: str) -> list[int]:
    """Lose the first answer to each request, so that the client sends it again."""
    sent: list[int] = []

    def lose_the_first_answer(attempts: int, **_: Any) -> Any:
        sent.append(attempts)
        return 0 if attempts == 1 else None

    client.meta.events.register_first(f"needs-retry.dynamodb.{operation}", lose_the_first_answer)
    return sent


def ended(subscription: Subscription) -> Subscription:
    return advance(subscription, SubscriptionState.ENDED, NOON)


async def attributes(client: DynamoDBClient, item_key: Item) -> tuple[str | None, str | None]:
    """Give the partition of the index of open items that an item is in, and when it expires."""
    item = (await client.get_item(TableName=TABLE, Key=item_key, ConsistentRead=True))["Item"]
    assert ("open" in item) == ("placed" in item)
    return item.get("open", {}).get("S"), item.get("expires", {}).get("N")


async def test_a_subscription_whose_answer_was_lost_is_recorded_once(
    client: DynamoDBClient, notifier: DynamoDBNotifierStore, new_subscription: NewSubscription
) -> None:
    sent = send_twice(client, "TransactWriteItems")
    subscription = new_subscription()

    assert await notifier.add_subscription(subscription) == subscription
    assert sent == [1, 2]
    assert await all_of(notifier.subscribed(["coupons"])) == [subscription]


async def test_a_change_whose_answer_was_lost_succeeds_and_a_rivals_is_refused(
    client: DynamoDBClient, notifier: DynamoDBNotifierStore, new_subscription: NewSubscription
) -> None:
    pending = await notifier.add_subscription(new_subscription())
    active = advance(pending, SubscriptionState.ACTIVE, NOON)
    sent = send_twice(client, "TransactWriteItems")

    await notifier.replace_subscription(pending, active)
    with pytest.raises(SubscriptionChangedError):
        await notifier.replace_subscription(pending, active)

    assert sent[:2] == [1, 2]
    assert await notifier.subscription(pending.id) == active


async def test_a_change_that_conflicts_with_another_transaction_is_unavailable_not_refused(
    client: DynamoDBClient, notifier: DynamoDBNotifierStore, new_subscription: NewSubscription
) -> None:
    pending = await notifier.add_subscription(new_subscription())

    def answer_with_a_conflict(**_: Any) -> Any:
        reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
        error = {"Code": "TransactionCanceledException", "Message": "conflict"}
        http = type("Answer", (), {"status_code": 400})()
        return http, {"Error": error, "CancellationReasons": reasons}

    client.meta.events.register("before-call.dynamodb.TransactWriteItems", answer_with_a_conflict)

    with pytest.raises(StoreUnavailableError, match="busy"):
        await notifier.replace_subscription(pending, ended(pending))
    with pytest.raises(StoreUnavailableError, match="busy"):
        await notifier.add_subscription(new_subscription())


async def test_a_topic_whose_answer_was_lost_is_still_new(
    client: DynamoDBClient, notifier: DynamoDBNotifierStore
) -> None:
    sent = send_twice(client, "PutItem")

    assert await notifier.put_topic("beans", "What is in the grinder")
    assert not await notifier.put_topic("beans", "Again")
    assert sent[:2] == [1, 2]


async def test_an_attempt_whose_answer_was_lost_is_claimed(
    client: DynamoDBClient, notifier: DynamoDBNotifierStore
) -> None:
    due = due_to("ada")
    await notifier.log_due([due])
    sent = send_twice(client, "PutItem")

    assert await notifier.claim_attempt(due, NOON, NOON) is not None
    assert await notifier.claim_attempt(due, NOON, NOON) is None
    assert sent[:2] == [1, 2]


async def test_a_subscription_expires_only_once_it_has_ended(
    client: DynamoDBClient, notifier: DynamoDBNotifierStore, new_subscription: NewSubscription
) -> None:
    pending = await notifier.add_subscription(new_subscription())
    item_key = subscription_key(notifier.store_id, pending.id)
    assert await attributes(client, item_key) == (f"pending#{notifier.store_id}", None)

    await notifier.replace_subscription(pending, ended(pending))
    assert await attributes(client, item_key) == (None, MONTH_LATER)


@pytest.mark.parametrize("state", list(DeliveryState))
async def test_a_delivery_expires_unless_it_is_due(
    client: DynamoDBClient, notifier: DynamoDBNotifierStore, state: DeliveryState
) -> None:
    delivery = replace(due_to("ada"), state=state)
    await notifier.log_attempt(delivery)

    item_key = key(subscription_pk(notifier.store_id, "ada"), f"delivery#{delivery.id}")
    is_due = state is DeliveryState.DUE
    expected = (f"due#{notifier.store_id}", None) if is_due else (None, MONTH_LATER)
    assert await attributes(client, item_key) == expected


async def test_an_issue_expires_once_it_was_announced_and_an_unknown_one_is_not_created(
    client: DynamoDBClient, notifier: DynamoDBNotifierStore
) -> None:
    await notifier.add_issue(issue("issue-1"))
    item_key = shop_key(notifier.store_id, "issue#issue-1")
    assert await attributes(client, item_key) == (f"unannounced#{notifier.store_id}", None)

    await notifier.issue_announced("issue-1")
    await notifier.issue_announced("never-added")

    assert await attributes(client, item_key) == (None, QUARTER_LATER)
    unknown = shop_key(notifier.store_id, "issue#never-added")
    assert "Item" not in await client.get_item(TableName=TABLE, Key=unknown)


async def test_open_items_of_the_notifier_are_in_no_list_of_orders(
    notifier: DynamoDBNotifierStore,
    new_order: NewOrder,
    new_subscription: NewSubscription,
) -> None:
    store = DynamoDBStore(notifier.table, notifier.store_id, lambda: NOON)
    placed = (await store.place(new_order(), TODAY)).order
    await store.add_subscription(new_subscription())
    await notifier.log_due([due_to("ada")])
    await notifier.add_issue(issue("issue-1"))

    assert ids(await store.open_orders(OPEN_STATES, 10)) == [placed.id]
    assert ids(await store.oldest_open_orders(frozenset(), 10)) == [placed.id]
    assert ids((await store.page(None, 10, None)).orders) == [placed.id]


async def test_a_list_goes_on_past_items_that_the_index_lags_behind(
    client: DynamoDBClient, notifier: DynamoDBNotifierStore
) -> None:
    due = [due_to(f"subscriber-{count}") for count in range(5)]
    await notifier.log_due(due)
    stale = (await notifier.due_deliveries(1))[0]

    def leave_the_first_as_it_was_closed(parsed: dict[str, Any], **_: Any) -> None:
        for item in parsed["Responses"][TABLE]:
            if stale.subscription_id in item["pk"]["S"]:
                del item["open"]

    client.meta.events.register(
        "after-call.dynamodb.BatchGetItem", leave_the_first_as_it_was_closed
    )

    assert await notifier.due_deliveries(2) == due[1:3]


async def test_due_jobs_are_found_behind_a_page_of_those_that_were_just_deleted(
    client: DynamoDBClient, notifier: DynamoDBNotifierStore
) -> None:
    jobs = [
        PostponedJob("ada", f"deliver#{count}", NOON + count * SECOND, "{}") for count in range(3)
    ]
    for one in jobs:
        await notifier.postpone_job(one)

    def without_the_deleted(parsed: dict[str, Any], **_: Any) -> None:
        items = parsed["Responses"][TABLE]
        items[:] = [item for item in items if item["sk"]["S"] == "job#deliver#2"]

    client.meta.events.register("after-call.dynamodb.BatchGetItem", without_the_deleted)

    assert await notifier.postponed_jobs(jobs[2].due_at, 1) == [jobs[2]]


async def test_a_list_may_take_longer_than_each_of_its_pages(
    client: DynamoDBClient, shop_id: str, new_subscription: NewSubscription
) -> None:
    notifier = DynamoDBNotifierStore(Table(client, TABLE, timeout_seconds=1), shop_id, lambda: NOON)
    added = [
        await notifier.add_subscription(new_subscription(state=SubscriptionState.ACTIVE))
        for _ in range(6)
    ]

    def one_each(params: dict[str, Any], **_: Any) -> None:
        params["Limit"] = 1

    def slowly(**_: Any) -> Any:
        return asyncio.sleep(0.25)

    client.meta.events.register("before-parameter-build.dynamodb.Query", one_each)
    client.meta.events.register("before-call.dynamodb.Query", slowly)

    found = await all_of(notifier.subscribed(["coupons"]))
    assert sorted(one.id for one in found) == sorted(one.id for one in added)
    assert await notifier.count_active() == {"coupons": 6}


async def test_a_page_that_takes_too_long_is_unavailable(
    client: DynamoDBClient, shop_id: str
) -> None:
    notifier = DynamoDBNotifierStore(
        Table(client, TABLE, timeout_seconds=0.1), shop_id, lambda: NOON
    )

    def never(**_: Any) -> Any:
        return asyncio.Event().wait()

    client.meta.events.register("before-call.dynamodb.Query", never)

    for listing in (all_of(notifier.subscribed(["coupons"])), notifier.count_active()):
        with pytest.raises(StoreUnavailableError, match="did not answer"):
            await listing


async def test_when_one_of_many_puts_fails_the_caller_gets_the_error_and_can_log_them_again(
    client: DynamoDBClient, notifier: DynamoDBNotifierStore
) -> None:
    due = [due_to(f"subscriber-{count}") for count in range(3)]
    calls: list[int] = []

    def refuse_the_second(**_: Any) -> Any:
        calls.append(1)
        if len(calls) != 2:
            return None
        error = {"Code": "ProvisionedThroughputExceededException", "Message": "too much"}
        return type("Answer", (), {"status_code": 400})(), {"Error": error}

    client.meta.events.register("before-call.dynamodb.PutItem", refuse_the_second)

    with pytest.raises(StoreUnavailableError):
        await notifier.log_due(due)
    assert len(await notifier.due_deliveries(10)) == 2

    await notifier.log_due(due)
    assert await notifier.due_deliveries(10) == due


async def test_the_settings_open_it_beside_the_orders(
    client: DynamoDBClient, new_subscription: NewSubscription
) -> None:
    settings = ServiceSettings(store=StoreKind.DYNAMODB, name_prefix="opened-beside-")
    await provision_table(client, table_name(settings))

    async with (
        open_store(settings, client, lambda: NOON) as store,
        open_notifier_store(settings, client, lambda: NOON) as notifier,
    ):
        subscription = await store.add_subscription(new_subscription())
        assert await notifier.subscription(subscription.id) == subscription


async def test_without_a_client_it_cannot_be_opened() -> None:
    settings = ServiceSettings(store=StoreKind.DYNAMODB)

    with pytest.raises(ValueError, match="no client"):
        async with open_notifier_store(settings, None, lambda: NOON):
            pass


async def test_a_server_that_is_not_there_is_unavailable(new_subscription: NewSubscription) -> None:
    async with dynamodb_client(f"http://127.0.0.1:{free_port()}") as client:
        notifier = DynamoDBNotifierStore(Table(client, TABLE), "main", lambda: NOON)

        results = await asyncio.gather(
            notifier.add_subscription(new_subscription()),
            all_of(notifier.subscribed(["coupons"])),
            notifier.in_state(SubscriptionState.PENDING, 1),
            notifier.count_active(),
            notifier.log_due([due_to("ada"), due_to("grace")]),
            notifier.log_attempt(due_to("ada")),
            notifier.last_deliveries("ada", 1),
            notifier.due_deliveries(1),
            notifier.put_topic("beans", ""),
            notifier.unannounced_issues(1),
            notifier.reserve_confirmation(
                "ada", "s1", NOON, limit=1, lifetime=dt.timedelta(days=1)
            ),
            notifier.release_confirmation("ada", "s1"),
            notifier.get_or_set_value(ValueKey.LINK_SECRET, "candidate"),
            notifier.check(),
            return_exceptions=True,
        )

    assert [type(result) for result in results] == [StoreUnavailableError] * 14
