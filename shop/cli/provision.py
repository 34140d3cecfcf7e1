"""`coffeeshop provision`: creates the queues, the topics, the table and the bucket."""

from __future__ import annotations

import asyncio

import typer

from shop.cli import terminal


def provision() -> None:
    """Make the shop's queues, topics, table and bucket at COFFEE_AWS_ENDPOINT_URL, or at AWS.

    What is there already is kept; running this twice does no harm.

    **Examples**

    - `COFFEE_AWS_ENDPOINT_URL=http://127.0.0.1:4566 coffeeshop provision`
    - `COFFEE_STORE=dynamodb COFFEE_AWS_REGION=eu-central-1 coffeeshop provision`
    - `COFFEE_PHOTOS=s3://coffee-photos COFFEE_AWS_REGION=eu-central-1 coffeeshop provision`
    """
    # Only this command needs AWS's libraries.
    from shared.runtime.settings import ServiceSettings  # noqa: PLC0415
    from shared.runtime.startup import StartupError, read_settings  # noqa: PLC0415
    from shop.processes.provision import ProvisioningError, provision_shop  # noqa: PLC0415

    try:
        names = asyncio.run(provision_shop(read_settings(ServiceSettings)))
    except StartupError as error:
        terminal.complain(*error.lines)
        raise typer.Exit(terminal.MISUSED) from error
    except ProvisioningError as error:
        terminal.complain(str(error))
        raise typer.Exit(terminal.FAILED) from error
    terminal.say(*names)
