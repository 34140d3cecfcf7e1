"""`coffeeshop plan`: what a steady load takes on AWS, in workers, requests and dollars."""

from __future__ import annotations

from typing import Annotated

import typer


def plan(
    orders_per_second: Annotated[float, typer.Option(min=0.001, help="Steadily.")],
    prep_seconds: Annotated[float, typer.Option(min=0.001, help="That one order takes.")],
    wait: Annotated[float, typer.Option(min=0.1, help="Seconds that are acceptable.")] = 60,
    concurrency: Annotated[
        int, typer.Option(min=1, max=1000, help="Orders that one barista prepares at once.")
    ] = 4,
    cashiers: Annotated[int, typer.Option(min=1, help="Processes that take the orders.")] = 2,
) -> None:
    """Work out workers, requests and dollars a month for a steady load on AWS.

    By the formula that the autoscaler goes by. All that is taken for granted is printed.

    **Example**

    - `coffeeshop plan --orders-per-second 500 --prep-seconds 30 --wait 60`
    """
    # Loads the services, by whose constants it counts: half a second, which only this needs.
    from shop.cli import planned  # noqa: PLC0415
    from shop.scaling.charges import Load  # noqa: PLC0415

    planned.show(Load(orders_per_second, prep_seconds, wait, concurrency, cashiers))
