"""A client that a generator makes of a running shop's document does what its users expect."""

from __future__ import annotations

import asyncio
import importlib
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.shop import RunningShop, open_shop

BIN = Path(sys.executable).parent
LOCK = Path(__file__).parents[1] / "support/openapi_client/requirements.lock"
PACKAGE = "coffee_client"

pytestmark = pytest.mark.timeout(120)


async def said_by(*command: str | Path, folder: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[RunningShop]:
    async with open_shop(tmp_path / "var", COFFEE_BARISTAS="0", COFFEE_BREW_SPEED="0") as shop:
        yield shop


@pytest.fixture
async def generated(shop: RunningShop, tmp_path: Path) -> Path:
    """The folder of a client made of the shop's document: complete, and its types consistent."""
    tools = tmp_path / "generator"
    await said_by(BIN / "uv", "venv", "-q", "--python", sys.executable, tools, folder=tmp_path)
    await said_by(
        *(BIN / "uv", "pip", "sync", "-q", "--require-hashes", "--python", tools, LOCK),
        folder=tmp_path,
    )
    said = await said_by(
        *(tools / "bin/openapi-python-client", "generate", "--url", f"{shop.url}/openapi.json"),
        *("--meta", "none", "--output-path", PACKAGE),
        folder=tmp_path,
    )
    assert "WARNING" not in said, said
    await said_by(BIN / "mypy", "--no-incremental", "--config-file=", PACKAGE, folder=tmp_path)
    return tmp_path


@pytest.fixture
def importable(generated: Path) -> Iterator[None]:
    sys.path.insert(0, str(generated))
    yield
    sys.path.remove(str(generated))
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]


def operation(path: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.api.{path}").asyncio_detailed


@pytest.mark.usefixtures("importable")
async def test_a_generated_client_places_reads_and_cancels_an_order_and_parses_problems(
    shop: RunningShop,
) -> None:
    models = importlib.import_module(f"{PACKAGE}.models")
    make = importlib.import_module(PACKAGE)
    wanted = models.PlaceOrder(
        customer_name="Ada",
        items=[models.LineRequest(item="latte", size="large", modifiers=["oat-milk"], quantity=2)],
    )
    async with make.Client(base_url=shop.url, raise_on_unexpected_status=True) as client:
        place, cancel = operation("orders.place_order"), operation("orders.cancel_order")
        placed = await place(client=client, body=wanted, idempotency_key=secrets.token_hex(16))
        assert placed.status_code == 201
        assert isinstance(placed.parsed, models.PlacedOrder)
        assert (placed.parsed.total, placed.parsed.state) == (1040, models.OrderState.PLACED)
        assert placed.parsed.placed_at.tzinfo is not None

        read = await operation("orders.get_order")(placed.parsed.id, client=client)
        assert isinstance(read.parsed, models.Order)
        assert read.parsed.items == placed.parsed.items

        canceled = await cancel(placed.parsed.id, client=client)
        assert isinstance(canceled.parsed, models.Order)
        assert canceled.parsed.state == models.OrderState.CANCELED
        too_late = await cancel(placed.parsed.id, client=client)
        assert isinstance(too_late.parsed, models.Problem)
        assert too_late.parsed.type_ == "/problems/order-not-cancelable"

        wanted.items[0].size = "huge"
        unknown = await place(client=client, body=wanted)
        assert [error.pointer for error in unknown.parsed.errors] == ["/items/0/size"]

    async with make.AuthenticatedClient(base_url=shop.url, token=shop.staff_key) as staff:
        listed = await operation("orders.list_orders")(client=staff, limit=1)
        assert [order.id for order in listed.parsed.orders] == [placed.parsed.id]
