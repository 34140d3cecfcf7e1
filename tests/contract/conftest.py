"""Each of the stores, opened as often as a test needs it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session

from notifier.store.contract import NotifierStore
from notifier.store.dynamodb.store import DynamoDBNotifierStore
from notifier.store.sqlite.store import open_sqlite_notifier_store
from shared.store.contract import Store
from shared.store.dynamodb.provisioning import provision_table
from shared.store.dynamodb.store import DynamoDBStore
from shared.store.dynamodb.table import Table
from shared.store.sqlite.store import open_sqlite_store
from tests.contract.orders import NOON, NewOrder, orders_of
from tests.contract.subscribers import NewSubscription, subscriptions_of
from tests.support.emulator import CREDENTIALS

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

TABLE = "contract-coffee-shop"

OpenStore: TypeAlias = Callable[[str], AbstractAsyncContextManager[Store]]
"""Opens the store of the shop of that id, in the one file or table of the test."""

OpenNotifierStore: TypeAlias = Callable[[str], AbstractAsyncContextManager[NotifierStore]]
"""Opens the notifier's part of the store of the shop of that id, in the same file or table."""

Connect: TypeAlias = Callable[[], AbstractAsyncContextManager["DynamoDBClient"]]

_shops = itertools.count(1)
_session = get_session()


@contextlib.asynccontextmanager
async def dynamodb_client(endpoint: str) -> AsyncIterator[DynamoDBClient]:
    async with _session.create_client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=CREDENTIALS.access_key_id,
        aws_secret_access_key=CREDENTIALS.secret_access_key,
        config=AioConfig(retries={"mode": "standard", "max_attempts": 2}, connect_timeout=1),
    ) as client:
        yield client


def _provision(endpoint: str) -> str:
    async def provision() -> None:
        async with dynamodb_client(endpoint) as client:
            await provision_table(client, TABLE)

    asyncio.run(provision())
    return endpoint


@pytest.fixture(scope="session")
def moto_table(moto: str) -> str:
    return _provision(moto)


@pytest.fixture(scope="session")
def ministack_table(ministack: str) -> str:
    return _provision(ministack)


@pytest.fixture
def shop_id() -> str:
    """A shop that no other test uses."""
    return f"shop-{next(_shops)}"


@pytest.fixture
def new_order(shop_id: str) -> NewOrder:
    return orders_of(shop_id)


@pytest.fixture
def new_subscription(shop_id: str) -> NewSubscription:
    return subscriptions_of(shop_id)


@pytest.fixture(params=["sqlite", "moto", "ministack"])
def open_shop(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStore:
    if request.param == "sqlite":
        return lambda store_id: open_sqlite_store(tmp_path / "orders.sqlite3", store_id)
    endpoint: str = request.getfixturevalue(f"{request.param}_table")

    @contextlib.asynccontextmanager
    async def open_dynamodb(store_id: str) -> AsyncIterator[Store]:
        async with dynamodb_client(endpoint) as client:
            yield DynamoDBStore(Table(client, TABLE), store_id, lambda: NOON)

    return open_dynamodb


@pytest.fixture
async def store(open_shop: OpenStore, shop_id: str) -> AsyncIterator[Store]:
    async with open_shop(shop_id) as opened:
        yield opened


@pytest.fixture
async def second_store(open_shop: OpenStore, shop_id: str) -> AsyncIterator[Store]:
    """The same store opened again, as another process opens it."""
    async with open_shop(shop_id) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "moto", "ministack"])
def open_notifier(request: pytest.FixtureRequest, tmp_path: Path) -> OpenNotifierStore:
    if request.param == "sqlite":
        return lambda store_id: open_sqlite_notifier_store(tmp_path / "orders.sqlite3", store_id)
    endpoint: str = request.getfixturevalue(f"{request.param}_table")

    @contextlib.asynccontextmanager
    async def open_dynamodb(store_id: str) -> AsyncIterator[NotifierStore]:
        async with dynamodb_client(endpoint) as client:
            yield DynamoDBNotifierStore(Table(client, TABLE), store_id, lambda: NOON)

    return open_dynamodb


@pytest.fixture
async def notifier(open_notifier: OpenNotifierStore, shop_id: str) -> AsyncIterator[NotifierStore]:
    async with open_notifier(shop_id) as opened:
        yield opened


@pytest.fixture
async def second_notifier(
    open_notifier: OpenNotifierStore, shop_id: str
) -> AsyncIterator[NotifierStore]:
    """The same store opened again, as another process opens it."""
    async with open_notifier(shop_id) as opened:
        yield opened
