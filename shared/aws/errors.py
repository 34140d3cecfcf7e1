"""AWS out of reach, as one error, so that nobody else has to know botocore's."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from botocore.exceptions import BotoCoreError, ClientError

from shared.domain.errors import UnavailableError

REACH_SECONDS = 3.0
"""How long a request may take with all its retries; a batch behind it waits as long."""


class AwsUnavailableError(UnavailableError):
    """A service did not do what it was asked, after the client's own retries."""


@contextlib.asynccontextmanager
async def reaching(service: str, seconds: float | None = REACH_SECONDS) -> AsyncIterator[None]:
    """Bound the block in time, and turn what botocore raises in it into AwsUnavailableError."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise AwsUnavailableError(f"{service} has not answered in time") from error
    except (BotoCoreError, ClientError) as error:
        raise AwsUnavailableError(f"{service} is out of reach: {error}") from error
