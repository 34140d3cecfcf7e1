"""The cashier as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator

from producer.settings import CashierSettings
from tests.support.emulator import CREDENTIAL_VARIABLES
from tests.support.web import STAFF_KEY


@contextlib.asynccontextmanager
async def process_of(
    settings: CashierSettings, stderr: int = asyncio.subprocess.PIPE, /, **more: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `python -m producer` during the block, and kill it afterwards if it still runs."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("COFFEE_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "producer",
        env=own
        | CREDENTIAL_VARIABLES
        | {
            "COFFEE_AWS_ENDPOINT_URL": str(settings.aws_endpoint_url),
            "COFFEE_STATE_DIR": str(settings.state_dir),
            "COFFEE_NAME_PREFIX": settings.name_prefix,
            "COFFEE_PORT": "0",
            "COFFEE_STAFF_KEY": STAFF_KEY,
            "COFFEE_LOG_FORMAT": "json",
            "COFFEE_OPENING_PHOTOS": "off",
        }
        | more,
        stderr=stderr,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
