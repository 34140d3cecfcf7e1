"""What anyone may ask for costs the store no more, however many ask."""

from __future__ import annotations

import asyncio
from pathlib import Path

from shared.aws.clients import aws_clients
from shared.domain.order import OrderState
from shared.runtime.aws_requests import aws_requests
from shared.runtime.settings import StoreKind
from shared.store.dynamodb.provisioning import provision_table
from shared.store.factory import table_name
from tests.support.cashier import open_cashier, settings_for

ASKING = 60
READS = 30
"""More than one round of reads takes, with what the cashier reads by itself meanwhile."""


def _reads() -> int:
    answered = aws_requests().answered
    return sum(count for (service, _, _), count in answered.items() if service == "dynamodb")


async def test_the_board_the_menu_and_the_shop_are_read_once_for_all_who_ask_at_once(
    ministack: str, tmp_path: Path
) -> None:
    settings = settings_for(ministack, tmp_path, store=StoreKind.DYNAMODB)
    async with aws_clients(settings) as clients:
        assert clients.dynamodb is not None
        await provision_table(clients.dynamodb, table_name(settings))
    async with open_cashier(settings) as cashier:
        order = await cashier.moved((await cashier.place()).body["id"], OrderState.PREPARING)
        for path in ("/board/orders", "/menu", "/shop"):
            before = _reads()
            asked = await asyncio.gather(*(cashier.ask("GET", path) for _ in range(ASKING)))
            assert {answered.status for answered in asked} == {200}
            assert _reads() - before < READS, path
        board = (await cashier.ask("GET", "/board/orders")).body
        assert [entry["number"] for entry in board["preparing"]] == [order.number]
