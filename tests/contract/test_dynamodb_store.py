"""The DynamoDB store alone: retries, time, the table and its indexes."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from shared.domain.change import Change, Changed
from shared.domain.order import OrderState
from shared.domain.shop import ShopState
from shared.domain.staff import StaffKey, StaffKeyRecord, StaffRole
from shared.runtime.settings import ServiceSettings, StoreKind
from shared.store.contract import OrderChangedError, StoreUnavailableError
from shared.store.document import ORDER
from shared.store.document_contract import DocumentChangedError, DocumentKind, DocumentVersion
from shared.store.dynamodb.item import Item, order_key, shop_key
from shared.store.dynamodb.provisioning import provision_table
from shared.store.dynamodb.store import DynamoDBStore
from shared.store.dynamodb.table import Table
from shared.store.factory import open_store, table_name
from tests.contract.conftest import TABLE, dynamodb_client
from tests.contract.orders import NOON, TODAY, NewOrder, ids, moved
from tests.support.emulator import free_port

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient


@pytest.fixture
async def client(ministack_table: str) -> AsyncIterator[DynamoDBClient]:
    async with dynamodb_client(ministack_table) as client:
        yield client


@pytest.fixture
def store(client: DynamoDBClient, shop_id: str) -> DynamoDBStore:
    return DynamoDBStore(Table(client, TABLE), shop_id, lambda: NOON)


def send_puts_twice(client: DynamoDBClient, operation: str = "PutItem") -> list[str]:
    """Lose the first answer to each put, so that the client sends it again; return the requests."""
    sent: list[str] = []

    def lose_the_first_answer(attempts: int, **_: Any) -> Any:
        sent.append(f"put {attempts}")
        return 0 if attempts == 1 else None

    client.meta.events.register_first(f"needs-retry.dynamodb.{operation}", lose_the_first_answer)
    return sent


async def test_an_order_whose_put_lost_its_answer_is_still_created(
    client: DynamoDBClient, store: DynamoDBStore, new_order: NewOrder
) -> None:
    sent = send_puts_twice(client)
    order = new_order()

    placement = await store.place(order, TODAY)

    assert sent == ["put 1", "put 2"]
    assert placement.created
    assert await store.get(order.id) == placement.order


async def test_the_number_of_an_order_that_is_begun_before_its_answer_comes_is_not_given_again(
    client: DynamoDBClient, ministack_table: str, store: DynamoDBStore, new_order: NewOrder
) -> None:
    """A retry with the same key has queued it; our own repeated put finds another's write."""
    order = new_order()
    async with dynamodb_client(ministack_table) as other_client:
        other = DynamoDBStore(Table(other_client, TABLE), store.store_id, lambda: NOON)

        async def begin_preparing(attempts: int, **_: Any) -> Any:
            if attempts > 1:
                return None
            placed = await other.get(order.id)
            assert placed is not None
            await other.replace(placed, moved(placed, OrderState.PREPARING))
            return 0

        begin: Any = begin_preparing  # the client awaits it
        client.meta.events.register_first("needs-retry.dynamodb.PutItem", begin)
        begun = (await store.place(order, TODAY)).order
        client.meta.events.unregister("needs-retry.dynamodb.PutItem", begin)

    assert (begun.number, begun.state) == ("001", OrderState.PREPARING)
    assert (await store.place(new_order(), TODAY)).order.number == "002"


async def test_an_order_that_an_earlier_release_has_written_is_read_and_changed(
    client: DynamoDBClient, store: DynamoDBStore, new_order: NewOrder
) -> None:
    placed = (await store.place(new_order(), TODAY)).order
    item = (await client.get_item(TableName=TABLE, Key=order_key(placed.id)))["Item"]
    text: Any = {"S": ORDER.dump_json(placed).decode()}
    await client.put_item(TableName=TABLE, Item={**item, "document": text})

    assert await store.get(placed.id) == placed
    preparing = moved(placed, OrderState.PREPARING)
    await store.replace(placed, preparing)
    assert await store.get(placed.id) == preparing


async def test_an_order_that_may_be_a_moment_old_is_read_at_half_the_price(
    client: DynamoDBClient, store: DynamoDBStore, new_order: NewOrder
) -> None:
    consistent: list[bool] = []

    def note(params: Any, **_: Any) -> None:
        consistent.append(params["ConsistentRead"])

    client.meta.events.register_first("provide-client-params.dynamodb.GetItem", note)
    placed = (await store.place(new_order(), TODAY)).order
    assert await store.get(placed.id) == await store.peek(placed.id) == placed
    assert consistent == [True, False]
    assert await store.peek("nobody's") is None


async def test_orders_of_ten_lines_fit_into_one_unit_of_a_write(
    client: DynamoDBClient, store: DynamoDBStore, new_order: NewOrder
) -> None:
    order = new_order()
    lines = [
        replace(order.items[0], id=str(line), quantity=line, unit_price=291 + 37 * line)
        for line in range(1, 11)
    ]
    placed = (await store.place(replace(order, items=tuple(lines)), TODAY)).order
    await store.replace(placed, moved(placed, OrderState.PREPARING, OrderState.READY))

    item: Any = (await client.get_item(TableName=TABLE, Key=order_key(order.id)))["Item"]
    sizes = [len(name) + len(next(iter(value.values()))) for name, value in item.items()]
    assert sum(sizes) <= 1024


async def test_a_refusal_brings_the_recorded_order_which_is_not_read(
    moto_table: str, shop_id: str, new_order: NewOrder
) -> None:
    async with dynamodb_client(moto_table) as client:
        store = DynamoDBStore(Table(client, TABLE), shop_id, lambda: NOON)
        placed = (await store.place(new_order(), TODAY)).order
        refuse_reads(client, 500, "InternalServerError")

        again = await store.place(placed, TODAY)
        with pytest.raises(OrderChangedError):
            await store.replace(moved(placed, OrderState.PREPARING), placed)

    assert not again.created
    assert again.order == placed


async def test_a_change_whose_answer_was_lost_succeeds_and_a_rivals_is_refused(
    client: DynamoDBClient, store: DynamoDBStore, new_order: NewOrder
) -> None:
    placed = (await store.place(new_order(), TODAY)).order
    preparing = moved(placed, OrderState.PREPARING)
    sent = send_puts_twice(client)

    await store.replace(placed, preparing)
    with pytest.raises(OrderChangedError):
        await store.replace(placed, preparing)

    assert sent == ["put 1", "put 2", "put 1", "put 2"]
    assert await store.get(placed.id) == preparing


async def test_a_document_whose_put_lost_its_answer_is_recorded_and_a_rivals_is_refused(
    client: DynamoDBClient, store: DynamoDBStore
) -> None:
    mine = DocumentVersion(DocumentKind.MENU, 1, NOON, "owner", "{}")
    sent = send_puts_twice(client, "TransactWriteItems")

    await store.put_document(mine)
    with pytest.raises(DocumentChangedError):
        await store.put_document(mine)

    assert sent == ["put 1", "put 2"]
    assert await store.document(DocumentKind.MENU) == mine


async def test_a_staff_key_whose_put_lost_its_answer_is_recorded_once(
    client: DynamoDBClient, store: DynamoDBStore
) -> None:
    key = StaffKeyRecord(StaffKey("1", "Ada", StaffRole.BARISTA), "digest", NOON, "owner")
    sent = send_puts_twice(client, "TransactWriteItems")

    await store.add_staff_key(key, Change(NOON, "owner", Changed.STAFF_KEYS, "Ada has a key"))

    assert sent == ["put 1", "put 2"]
    assert list(await store.staff_keys()) == [key]
    assert len((await store.changes(10)).changes) == 1


def canceled(*codes: str) -> tuple[object, object]:
    """How DynamoDB says that it made none of a transaction's writes."""
    error = {"Code": "TransactionCanceledException", "Message": "canceled"}
    reasons = [{"Code": code} for code in codes]
    return SimpleNamespace(status_code=400), {"Error": error, "CancellationReasons": reasons}


def cancel_transactions(client: DynamoDBClient, times: int, *codes: str) -> list[Any]:
    """Cancel the next transactions for these reasons; return the answers still to be given."""
    answers: list[Any] = [canceled(*codes)] * times

    def answer(**_: Any) -> Any:
        return answers.pop() if answers else None

    client.meta.events.register_first("before-call.dynamodb.TransactWriteItems", answer)
    return answers


@pytest.mark.parametrize(
    "codes",
    [
        ("TransactionConflict", "None"),
        ("ThrottlingError", "None"),
        ("None", "ProvisionedThroughputExceeded"),
        ("ConditionalCheckFailed", "ThrottlingError"),
    ],
)
async def test_a_write_that_may_be_sent_again_is_repeated(
    client: DynamoDBClient, store: DynamoDBStore, codes: Sequence[str]
) -> None:
    answers = cancel_transactions(client, 2, *codes)
    change = Change(NOON, "owner", Changed.SOLD_OUT, "latte is sold out")
    await store.set_sold_out("latte", sold_out=True, change=change)

    assert answers == []
    assert (await store.status()).sold_out == {"latte"}
    assert (await store.changes(10)).changes == [change]


async def test_a_write_that_is_always_throttled_ends_as_unavailable(
    client: DynamoDBClient, shop_id: str
) -> None:
    store = DynamoDBStore(Table(client, TABLE, 0.3), shop_id, lambda: NOON)
    answers = cancel_transactions(client, 1000, "ThrottlingError", "None")
    with pytest.raises(StoreUnavailableError):
        await store.set_state(ShopState.CLOSED, None, None)
    assert 900 < len(answers) < 1000  # it pauses between them


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ItemCollectionSizeLimitExceeded", StoreUnavailableError),
        ("ValidationError", ClientError),
    ],
)
async def test_a_write_that_was_canceled_for_good_is_not_taken_for_made(
    client: DynamoDBClient, store: DynamoDBStore, code: str, error: type[Exception]
) -> None:
    answers = cancel_transactions(client, 1, code, "None")
    change = Change(NOON, "owner", Changed.SHOP, "closed")
    with pytest.raises(error):
        await store.set_state(ShopState.CLOSED, None, None, change)
    assert answers == []
    assert (await store.changes(10)).changes == []


async def test_a_change_expires_after_a_year(store: DynamoDBStore) -> None:
    await store.record_change(Change(NOON, "owner", Changed.SHOP, "open"))
    (item,) = await store.shop_items("change#")
    assert int(item["expires"]["N"]) == int((NOON + dt.timedelta(days=365)).timestamp())


async def test_orders_that_a_batch_left_unread_are_read_again(
    client: DynamoDBClient, store: DynamoDBStore, new_order: NewOrder
) -> None:
    orders = [(await store.place(new_order(), TODAY)).order for _ in range(3)]
    answers: list[int] = []

    def leave_all_but_one_unread(parsed: dict[str, Any], **_: Any) -> None:
        read = parsed["Responses"][TABLE]
        left = [{"pk": item["pk"], "sk": item["sk"]} for item in read[1:]]
        parsed["Responses"][TABLE] = read[:1]
        parsed["UnprocessedKeys"] = {TABLE: {"Keys": left}} if left else {}
        answers.append(len(left))

    client.meta.events.register("after-call.dynamodb.BatchGetItem", leave_all_but_one_unread)

    assert sorted(ids((await store.page(None, 10, None)).orders)) == sorted(ids(orders))
    assert answers == [2, 1, 0]


async def test_a_batch_that_is_never_read_ends_as_unavailable(
    client: DynamoDBClient, store: DynamoDBStore, new_order: NewOrder
) -> None:
    order = (await store.place(new_order(), TODAY)).order

    def leave_all_unread(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Responses"] = {}
        parsed["UnprocessedKeys"] = {TABLE: {"Keys": [order_key(order.id)]}}

    client.meta.events.register("after-call.dynamodb.BatchGetItem", leave_all_unread)

    with pytest.raises(StoreUnavailableError, match="unread"):
        await store.page(None, 10, None)


async def test_a_page_of_a_rare_state_ends_early_and_goes_on_from_there(
    store: DynamoDBStore, new_order: NewOrder
) -> None:
    small_pages = replace(store, read_per_page=4)
    for _ in range(9):
        await store.place(new_order(NOON - dt.timedelta(days=1)), TODAY)
    oldest = (await store.place(new_order(NOON - dt.timedelta(days=2)), TODAY)).order
    await store.replace(oldest, moved(oldest, OrderState.CANCELED))

    first = await small_pages.page(OrderState.CANCELED, 3, None)
    second = await small_pages.page(OrderState.CANCELED, 3, first.next_cursor)
    third = await small_pages.page(OrderState.CANCELED, 3, second.next_cursor)

    assert (first.orders, second.orders, ids(third.orders)) == ([], [], [oldest.id])
    assert third.next_cursor is None


async def test_orders_older_than_the_retention_are_not_listed(
    store: DynamoDBStore, new_order: NewOrder
) -> None:
    await store.place(new_order(NOON - dt.timedelta(days=31)), TODAY)
    listed = (await store.place(new_order(NOON - dt.timedelta(days=30)), TODAY)).order

    assert ids((await store.page(None, 10, None)).orders) == [listed.id]


async def test_only_closed_orders_expire_and_only_open_ones_are_in_the_index(
    client: DynamoDBClient, store: DynamoDBStore, new_order: NewOrder
) -> None:
    async def attributes(order_id: str) -> tuple[str | None, str | None]:
        item = (await client.get_item(TableName=TABLE, Key=order_key(order_id)))["Item"]
        return item.get("open", {}).get("S"), item.get("expires", {}).get("N")

    placed = (await store.place(new_order(), TODAY)).order
    assert await attributes(placed.id) == (store.store_id, None)

    failed = moved(placed, OrderState.FAILED)
    await store.replace(placed, failed)
    month_later = NOON + dt.timedelta(days=30)
    assert await attributes(placed.id) == (None, str(int(month_later.timestamp())))

    await store.replace(failed, moved(failed, OrderState.PLACED))
    assert await attributes(placed.id) == (store.store_id, None)


@pytest.mark.parametrize("days", [1, 90])
async def test_closed_orders_expire_so_many_days_after_their_placing_as_the_settings_say(
    client: DynamoDBClient, new_order: NewOrder, days: int
) -> None:
    settings = ServiceSettings(
        store=StoreKind.DYNAMODB, name_prefix=f"kept-{days}-", keep_orders_days=days
    )
    await provision_table(client, table_name(settings))

    async def expires(key: Item) -> dt.datetime:
        item = await client.get_item(TableName=table_name(settings), Key=key)
        return dt.datetime.fromtimestamp(int(item["Item"]["expires"]["N"]), dt.UTC)

    async with open_store(settings, client, lambda: NOON) as store:
        placed = (await store.place(new_order(NOON - dt.timedelta(hours=5)), TODAY)).order
        await store.replace(placed, moved(placed, OrderState.CANCELED))
    assert await expires(order_key(placed.id)) == placed.placed_at + dt.timedelta(days=days)
    numbers = shop_key(placed.store_id, f"numbers#{TODAY.isoformat()}")
    assert await expires(numbers) >= NOON + dt.timedelta(days=29), "no number comes twice in a day"


async def test_orders_that_are_to_be_gone_are_not_listed_while_they_wait_for_their_deletion(
    store: DynamoDBStore, new_order: NewOrder
) -> None:
    short = replace(store, keep_orders=dt.timedelta(days=2))
    await short.place(new_order(NOON - dt.timedelta(days=4)), TODAY)
    listed = (await short.place(new_order(NOON - dt.timedelta(days=1)), TODAY)).order
    assert ids((await short.page(None, 10, None)).orders) == [listed.id]


async def test_provisioning_again_and_at_once_changes_nothing(client: DynamoDBClient) -> None:
    name = "provisioned-at-once"

    await asyncio.gather(*(provision_table(client, name) for _ in range(5)))
    await provision_table(client, name)

    table = (await client.describe_table(TableName=name))["Table"]
    expiry = (await client.describe_time_to_live(TableName=name))["TimeToLiveDescription"]
    assert table["TableStatus"] == "ACTIVE"
    assert {index["IndexName"] for index in table["GlobalSecondaryIndexes"]} == {
        "open-orders",
        "orders-by-day",
    }
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


async def test_provisioning_switches_point_in_time_recovery_on(moto_table: str) -> None:
    async with dynamodb_client(moto_table) as client:
        answer = await client.describe_continuous_backups(TableName=TABLE)

    recovery = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"


async def test_the_settings_open_it(client: DynamoDBClient) -> None:
    settings = ServiceSettings(store=StoreKind.DYNAMODB, name_prefix="opened-")
    await provision_table(client, table_name(settings))

    async with open_store(settings, client, lambda: NOON) as store:
        await store.check()


async def test_a_table_that_is_not_there_is_unavailable(
    client: DynamoDBClient, new_order: NewOrder
) -> None:
    store = DynamoDBStore(Table(client, "no-such-table"), "main", lambda: NOON)

    with pytest.raises(StoreUnavailableError):
        await store.place(new_order(), TODAY)
    with pytest.raises(StoreUnavailableError):
        await store.check()


async def test_a_server_that_is_not_there_is_unavailable(new_order: NewOrder) -> None:
    async with dynamodb_client(f"http://127.0.0.1:{free_port()}") as client:
        store = DynamoDBStore(Table(client, TABLE), "main", lambda: NOON)

        with pytest.raises(StoreUnavailableError):
            await store.place(new_order(), TODAY)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ProvisionedThroughputExceededException"),
        (400, "ExpiredTokenException"),
        (500, "InternalServerError"),
    ],
)
async def test_an_error_that_the_request_did_not_cause_is_unavailable(
    client: DynamoDBClient, store: DynamoDBStore, status: int, code: str
) -> None:
    refuse_reads(client, status, code)

    with pytest.raises(StoreUnavailableError, match=code):
        await store.get("order")


async def test_the_error_of_an_invalid_request_is_not_unavailable(
    client: DynamoDBClient, store: DynamoDBStore
) -> None:
    refuse_reads(client, 400, "ValidationException")

    with pytest.raises(ClientError, match="ValidationException"):
        await store.get("order")


def refuse_reads(client: DynamoDBClient, status: int, code: str) -> None:
    def refuse(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
        http_response.status_code = status
        parsed.clear()
        parsed.update(Error={"Code": code, "Message": ""}, ResponseMetadata={})

    client.meta.events.register("after-call.dynamodb.GetItem", refuse)


@pytest.fixture
async def silent_server() -> AsyncIterator[str]:
    """A server that accepts connections and never answers."""
    closing = asyncio.Event()

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await closing.wait()
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    closing.set()
    server.close()
    await server.wait_closed()


async def test_a_server_that_never_answers_is_unavailable_in_time(silent_server: str) -> None:
    async with dynamodb_client(silent_server) as client:
        store = DynamoDBStore(Table(client, TABLE, timeout_seconds=0.2), "main", lambda: NOON)

        async with asyncio.timeout(2):
            with pytest.raises(StoreUnavailableError, match=r"within 0\.2 s"):
                await store.get("order")
