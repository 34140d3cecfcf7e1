"""`coffeeshop adopt`: makes a table that DynamoDB restored ready for the shop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from shop.cli import terminal
from shop.cli.backup import day_of, errors_told, keys_told
from shop.cli.options import AsJson

if TYPE_CHECKING:
    from shared.runtime.settings import ServiceSettings
    from shop.backup.adopting import Adopted

Table = Annotated[str, typer.Argument(metavar="TABLE", show_default=False)]


def adopt(table: Table, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Make a table that DynamoDB restored ready for the shop; a restore makes a new table.

    It gets what a restore loses: expiry, point-in-time recovery, deletion protection, the tag.
    What a copy cannot know is removed, and 1,000 order numbers of each day are left out, once for
    each restore: customers may have been called by them. Numbers and staff keys follow the table
    before (COFFEE_TABLE), where that is still there. Run it while the services are stopped.

    **Examples**

    - `coffeeshop adopt coffee-shop-restored`
    - `COFFEE_AWS_REGION=eu-central-1 COFFEE_TABLE=old-table coffeeshop adopt new-table`
    """
    # Only this command needs AWS's libraries.
    from shared.runtime.settings import ServiceSettings, StoreKind  # noqa: PLC0415
    from shared.runtime.startup import read_settings  # noqa: PLC0415

    with errors_told():
        settings = read_settings(ServiceSettings)
        in_table = settings.model_copy(update={"store": StoreKind.DYNAMODB})
        adopted = asyncio.run(_adopt(in_table, table))
    if as_json:
        terminal.print_json(_as_json(adopted))
    else:
        terminal.say(*_report(adopted))


async def _adopt(settings: ServiceSettings, table: str) -> Adopted:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as above

    from shared.aws.clients import aws_clients  # noqa: PLC0415
    from shared.domain.errors import UnavailableError  # noqa: PLC0415
    from shared.store.factory import table_name  # noqa: PLC0415
    from shop.backup.adopting import adopt_table  # noqa: PLC0415
    from shop.backup.copying import BackupError  # noqa: PLC0415

    async with aws_clients(settings) as clients:
        if clients.dynamodb is None:
            raise AssertionError("the settings name DynamoDB")
        try:
            before = table_name(settings)
            return await adopt_table(clients.dynamodb, table, before, day_of(settings))
        except (UnavailableError, BotoCoreError, ClientError) as error:
            raise BackupError(f"The table {table} could not be made ready: {error}") from error


def _report(adopted: Adopted) -> Iterator[str]:
    yield f"The table {adopted.table} is ready for the shop {adopted.store_id}."
    yield "Expiry, point-in-time recovery and deletion protection are on."
    if adopted.again:
        yield "It was ready before, after the same restore: orders and numbers stay as they are."
    else:
        yield "All deliveries that are due in it are queued again when the notifier starts."
        today = max(adopted.numbers)
        yield f"The next order number of {today} is {adopted.numbers[today] + 1:,}."
    if adopted.replaced is not None:
        yield f"Order numbers and staff keys follow {adopted.replaced}, the table before."
    yield from keys_told(adopted.keys)
    yield "Another shop in this table needs the same, with its own COFFEE_STORE_ID."
    yield (
        f"To open the shop: start all its services with COFFEE_STORE=dynamodb and "
        f"COFFEE_TABLE={adopted.table}"
    )


def _as_json(adopted: Adopted) -> dict[str, object]:
    return {
        "table": adopted.table,
        "store_id": adopted.store_id,
        "replaced": adopted.replaced,
        "numbers": {day.isoformat(): last for day, last in adopted.numbers.items()},
        "keys": [{"name": key.name, "role": key.role} for key in adopted.keys],
        "again": adopted.again,
    }
