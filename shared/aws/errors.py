"""Calls to AWS: bounded in time, and with one error in place of botocore's."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from botocore.exceptions import BotoCoreError, ClientError

from shared.domain.errors import UnavailableError

CALL_SECONDS = 3.0
"""How long a request may take with all its retries; the next batch waits as long."""


class AwsUnavailableError(UnavailableError):
    """SQS, SNS or DynamoDB failed a request, after the client's own retries."""


@contextlib.asynccontextmanager
async def aws_call(service: str, seconds: float | None = CALL_SECONDS) -> AsyncIterator[None]:
    """Limit the block to `seconds`, and turn botocore's errors into AwsUnavailableError."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise AwsUnavailableError(f"{service} has not answered in time") from error
    except (BotoCoreError, ClientError) as error:
        raise AwsUnavailableError(f"{service} is out of reach: {error}") from error
