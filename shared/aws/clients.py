"""The AWS clients of a process, with bounded time-outs and retries, and calls through them."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import create_loader

from shared.domain.errors import UnavailableError
from shared.runtime.settings import ServiceSettings, StoreKind

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_sns import SNSClient
    from types_aiobotocore_sqs import SQSClient

CONNECT_SECONDS = 2
READ_SECONDS = 10
"""Longer than a long poll, which lasts up to 5 s."""

CALL_SECONDS = 3.0
"""How long a request may take with all its retries; the next batch waits as long."""


_descriptions = functools.cache(create_loader)
"""botocore's 9 MB of service descriptions, read once for all clients of a process."""


@dataclass(frozen=True, slots=True)
class AwsClients:
    """The clients that the services share; `dynamodb` only when it is the order store."""

    sqs: SQSClient
    sns: SNSClient
    dynamodb: DynamoDBClient | None


@contextlib.asynccontextmanager
async def aws_clients(settings: ServiceSettings) -> AsyncIterator[AwsClients]:
    """Open the clients, and close their connections at the end.

    An endpoint without TLS is an emulator, and gets placeholder credentials.
    """
    session = get_session()
    session.register_component(
        "data_loader", _descriptions(session.get_config_variable("data_path"))
    )
    config = AioConfig(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=50,
        retries={"mode": "standard", "total_max_attempts": 3},
    )
    endpoint = settings.aws_endpoint_url
    placeholder = "emulator" if endpoint and endpoint.startswith("http://") else None

    async with contextlib.AsyncExitStack() as stack:

        async def client(service: str) -> Any:
            return await stack.enter_async_context(
                session.create_client(
                    service,
                    region_name=settings.aws_region,
                    endpoint_url=endpoint,
                    config=config,
                    aws_access_key_id=placeholder,
                    aws_secret_access_key=placeholder,
                )
            )

        yield AwsClients(
            sqs=await client("sqs"),
            sns=await client("sns"),
            dynamodb=await client("dynamodb") if settings.store is StoreKind.DYNAMODB else None,
        )


class AwsUnavailableError(UnavailableError):
    """SQS or SNS failed a request, after the client's own retries."""


@contextlib.asynccontextmanager
async def aws_call(service: str, seconds: float | None = CALL_SECONDS) -> AsyncIterator[None]:
    """Limit the block to `seconds`, and turn botocore's errors into AwsUnavailableError."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise AwsUnavailableError(f"{service} has not answered in time") from error
    except (BotoCoreError, ClientError) as error:
        raise AwsUnavailableError(f"{service} is unavailable: {error}") from error
