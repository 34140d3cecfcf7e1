"""`coffeeshop run`: opens the whole shop on this machine."""

from __future__ import annotations

import typer


def run() -> None:
    """Open the shop on this machine, and keep it open until Ctrl-C.

    One process supervises the emulator of SQS and SNS, the counter and the baristas, and restarts
    those that exit. Ctrl-C waits for the orders in preparation, COFFEE_GRACE_SECONDS at most; a
    second Ctrl-C does not.

    **Examples**

    - `coffeeshop run`
    - `COFFEE_PORT=9000 COFFEE_BARISTAS=4 COFFEE_LOG_LEVEL=INFO coffeeshop run`
    - `COFFEE_EMULATOR=off COFFEE_AWS_REGION=eu-central-1 coffeeshop run`

    **Settings**

    COFFEE_PORT (8080), COFFEE_STATE_DIR (var), COFFEE_BARISTAS (N or MIN..MAX, 1..4),
    COFFEE_ACCEPTABLE_WAIT (60), COFFEE_BARISTA_SCHEDULE (as in 07:30=4,18:00=1),
    COFFEE_BREW_SPEED (10; 0 is no waiting), COFFEE_STAFF_KEY, COFFEE_ORDERS_PER_MINUTE (120),
    COFFEE_GRACE_SECONDS (20), COFFEE_LOG_LEVEL, COFFEE_LOG_FORMAT.
    COFFEE_EMULATOR=off uses AWS itself, COFFEE_AWS_ENDPOINT_URL another emulator.
    """
    from shop import run as shop_run  # noqa: PLC0415 - loads the services, which only this needs

    raise typer.Exit(shop_run.run())
