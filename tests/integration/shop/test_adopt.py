"""A table that DynamoDB restored: made ready once, for the shop whose it is, and for no other."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest

from shared.clock import utc_now
from shared.domain.change import Change, Changed
from shared.domain.shop import NotifierHeartbeat, WorkerHeartbeat
from shared.domain.staff import StaffKey, StaffKeyRecord, StaffRole
from shared.store.contract import ValueKey
from shared.store.dynamodb.provisioning import provision_table
from shared.store.dynamodb.store import DynamoDBStore
from shared.store.dynamodb.table import Table
from tests.contract.conftest import dynamodb_client
from tests.contract.orders import orders_of
from tests.support.command_line import Outcome, coffeeshop
from tests.support.emulator import CREDENTIAL_VARIABLES

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

TODAY = utc_now().date()
new_order = orders_of("main")


@pytest.fixture
async def client(ministack: str) -> AsyncIterator[DynamoDBClient]:
    async with dynamodb_client(ministack) as client:
        yield client


@pytest.fixture
async def old(client: DynamoDBClient) -> DynamoDBStore:
    """The shop's store, in a table of its own."""
    name = f"t{secrets.token_hex(4)}-coffee-shop"
    await provision_table(client, name)
    return of(client, name)


def of(client: DynamoDBClient, table: str) -> DynamoDBStore:
    return DynamoDBStore(Table(client, table), "main", utc_now)


async def backed_up(store: DynamoDBStore) -> str:
    name = store.table.name
    answer = await store.table.client.create_backup(TableName=name, BackupName=name)
    return answer["BackupDetails"]["BackupArn"]


async def restored(client: DynamoDBClient, backup: str) -> str:
    name = f"t{secrets.token_hex(4)}-restored"
    await client.restore_table_from_backup(TargetTableName=name, BackupArn=backup)
    return name


async def adopt(endpoint: str, table: str, *options: str, **variables: str) -> Outcome:
    return await coffeeshop(
        *("adopt", table, *options),
        **CREDENTIAL_VARIABLES,
        **{"COFFEE_AWS_ENDPOINT_URL": endpoint, "COLUMNS": "300", **variables},
    )


async def adopted(endpoint: str, table: str, **variables: str) -> dict[str, Any]:
    outcome = await adopt(endpoint, table, "--json", **variables)
    assert outcome.code == 0, outcome.err
    said: dict[str, Any] = json.loads(outcome.out)
    return said


async def next_number(store: DynamoDBStore, day: dt.date = TODAY) -> int:
    return int((await store.place(new_order(), day)).order.number)


async def settings_of(client: DynamoDBClient, name: str) -> tuple[str, str, bool, dict[str, str]]:
    table = (await client.describe_table(TableName=name))["Table"]
    expiry = await client.describe_time_to_live(TableName=name)
    backups = (await client.describe_continuous_backups(TableName=name))[
        "ContinuousBackupsDescription"
    ]
    tags = (await client.list_tags_of_resource(ResourceArn=table["TableArn"]))["Tags"]
    return (
        expiry["TimeToLiveDescription"]["TimeToLiveStatus"],
        backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
        table["DeletionProtectionEnabled"],
        {tag["Key"]: tag["Value"] for tag in tags},
    )


async def test_a_restored_table_gets_the_settings_that_the_restore_lost(
    client: DynamoDBClient, old: DynamoDBStore, ministack: str
) -> None:
    await next_number(old)
    name = await restored(client, await backed_up(old))
    assert await settings_of(client, name) == ("DISABLED", "DISABLED", False, {})

    outcome = await adopt(ministack, name)

    assert outcome.code == 0, outcome.err
    ours = {"application": "coffeeshop"}
    assert await settings_of(client, name) == ("ENABLED", "ENABLED", True, ours)
    assert outcome.lines[0] == f"The table {name} is ready for the shop main."
    assert outcome.lines[-1].endswith(f"COFFEE_STORE=dynamodb and COFFEE_TABLE={name}")


async def test_numbers_are_left_out_once_for_each_restore(
    client: DynamoDBClient, old: DynamoDBStore, ministack: str
) -> None:
    yesterday = TODAY - dt.timedelta(days=1)
    assert await next_number(old, yesterday) == 1
    backup = await backed_up(old)
    name = await restored(client, backup)

    said = await adopted(ministack, name)
    assert (said["again"], said["replaced"]) == (False, None)
    assert said["numbers"] == {yesterday.isoformat(): 1001, TODAY.isoformat(): 1000}
    assert await next_number(of(client, name), yesterday) == 1002
    assert await next_number(of(client, name)) == 1001, "nobody knows of the orders of today"

    said = await adopted(ministack, name)
    assert (said["again"], said["numbers"]) == (True, {})
    assert await next_number(of(client, name)) == 1002

    once_more = await restored(client, await backed_up(of(client, name)))
    assert not (await adopted(ministack, once_more))["again"]
    assert await next_number(of(client, once_more)) == 2003


async def test_numbers_and_staff_keys_follow_the_table_before_where_that_is_still_there(
    client: DynamoDBClient, old: DynamoDBStore, ministack: str
) -> None:
    def change() -> Change:
        return Change(utc_now(), "owner", Changed.STAFF_KEYS, "a key")

    for name in ("Ada", "Grace"):
        key = StaffKey(name.lower(), name, StaffRole.BARISTA)
        await old.add_staff_key(
            StaffKeyRecord(key, f"digest of {name}", utc_now(), "owner"), change()
        )
    backup = await backed_up(old)
    lost = [await next_number(old) for _ in range(3)]
    await old.withdraw_staff_key("ada", change())
    name = await restored(client, backup)

    said = await adopted(ministack, name, COFFEE_TABLE=old.table.name)

    assert said["replaced"] == old.table.name
    assert said["keys"] == [{"name": "Grace", "role": "barista"}]
    assert await next_number(of(client, name)) == lost[-1] + 1000 + 1
    changes = (await of(client, name).changes(10)).changes
    assert "withdrawn: Ada" in [one.detail for one in changes]


async def test_a_notifier_that_was_killed_since_the_copy_is_known_to_the_reaper(
    client: DynamoDBClient, old: DynamoDBStore, ministack: str
) -> None:
    await next_number(old)
    name = await restored(client, await backed_up(old))
    killed = NotifierHeartbeat("killed", utc_now())
    await old.record_heartbeat(killed)

    await adopted(ministack, name, COFFEE_TABLE=old.table.name)

    assert await of(client, name).notifier_heartbeats() == [killed]


async def test_what_a_copy_cannot_know_is_removed_and_the_rest_stays(
    client: DynamoDBClient, old: DynamoDBStore, ministack: str
) -> None:
    placed = (await old.place(new_order(), TODAY)).order
    await old.set_value(ValueKey.QUEUE_EPOCH, "epoch")
    await old.set_value(ValueKey.LINK_SECRET, "secret")
    beat = WorkerHeartbeat("ada", 4, utc_now() + dt.timedelta(hours=1))
    await old.record_heartbeat(beat)
    name = await restored(client, await backed_up(old))
    assert len(await of(client, name).worker_heartbeats(utc_now())) == 1

    await adopted(ministack, name)

    ready = of(client, name)
    assert await ready.value(ValueKey.QUEUE_EPOCH) is None
    assert await ready.value(ValueKey.LINK_SECRET) == "secret"
    assert await ready.worker_heartbeats(utc_now()) == []
    assert await ready.get(placed.id) == placed
    assert await ready.oldest_open_orders(frozenset(), 10) == [placed]


async def test_a_table_that_is_none_of_this_shop_is_left_as_it_is(
    client: DynamoDBClient, old: DynamoDBStore, ministack: str
) -> None:
    await next_number(old)
    name = await restored(client, await backed_up(old))
    other = f"t{secrets.token_hex(4)}-other"
    await client.create_table(
        TableName=other,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    for table, variables, code, said in (
        ("no-such-table", {}, 1, "There is no table no-such-table in us-east-1."),
        (other, {}, 1, f"The table {other} has not the keys and indexes of a coffee shop's"),
        (name, {"COFFEE_STORE_ID": "corner"}, 2, "COFFEE_STORE_ID names another"),
        ("no table", {}, 1, "There is no table no table"),
    ):
        refused = await adopt(ministack, table, **variables)
        assert (refused.code, len(refused.err.splitlines())) == (code, 1), (table, refused)
        assert said in refused.err
    assert await settings_of(client, name) == ("DISABLED", "DISABLED", False, {})


async def test_a_dynamodb_that_cannot_be_reached_is_told_in_a_line() -> None:
    refused = await adopt("http://127.0.0.1:9", "coffee-shop")
    assert (refused.code, len(refused.err.splitlines())) == (1, 1)
    assert "could not be made ready" in refused.err
