"""The photo worker as a process."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.runtime.settings import ServiceSettings


@asynccontextmanager
async def photo_worker(
    settings: ServiceSettings, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `python -m worker.photos` during the block, and kill it afterwards if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-m", "worker.photos"),
        env={
            **os.environ,
            "COFFEE_AWS_ENDPOINT_URL": str(settings.aws_endpoint_url),
            "COFFEE_NAME_PREFIX": settings.name_prefix,
            "COFFEE_STATE_DIR": str(settings.state_dir),
            "COFFEE_POLL_SECONDS": "1",
            "COFFEE_VISIBILITY_TIMEOUT": "3",
            **environment,
        },
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
