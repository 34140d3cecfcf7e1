"""The AWS clients of a process, with bounded time-outs and retries, and calls through them."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import math
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiobotocore
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore.exceptions import BotoCoreError, ClientError
from botocore.hooks import BaseEventHooks

from shared.aws.descriptions import descriptions
from shared.aws.requests.form_body import encode_forms_once
from shared.aws.requests.signing import sign_leanly
from shared.domain.errors import UnavailableError
from shared.runtime.aws_requests import AwsRequests, aws_requests
from shared.runtime.settings import ServiceSettings, StoreKind
from shared.runtime.startup import StartupError

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_rekognition import RekognitionClient
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_sns import SNSClient
    from types_aiobotocore_sqs import SQSClient

CONNECT_SECONDS = 2
READ_SECONDS = 10
"""Longer than a long poll, which lasts up to 5 s."""

CALL_SECONDS = 3.0
"""How long a request may take with all its retries; the next batch waits as long."""


_PLACEHOLDER = "test"
"""Access key of an emulator that has no credentials of its own; ministack's S3 knows no other."""

_USER_AGENT = f"coffeeshop aiobotocore/{aiobotocore.__version__}"
"""Left to itself, botocore puts it together from forty parts, twice for each request."""

_S3_SIGNATURE = "s3v4"
"""Forms are signed by an older version unless it is named."""

BILLED_BYTES = 65_536
"""SQS and SNS bill each 64 KB that a request carries, begun or full, as one request."""

_TYPED = ("sqs", "sns")
"""mypy checks their parameters; botocore those of DynamoDB and S3, which depend on data."""

_BILLED_BY_SIZE = ("sqs", "sns")
_SENT = "coffeeshop_sent_bytes"
_SERVER_ERROR = 500
"""From this status on, AWS has failed, and bills nothing."""


@dataclass(frozen=True, slots=True)
class AwsClients:
    """The clients that the services share.

    `dynamodb` only when it is the order store, `s3` only when it has the photos.
    """

    sqs: SQSClient
    sns: SNSClient
    dynamodb: DynamoDBClient | None
    s3: S3Client | None = None


_NO_USER_FILES = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
_BOTOCORE_DEFAULTS = {
    name: (None, None, default, conversion)
    for name, (_, _, default, conversion) in AioSession.SESSION_VARIABLES.items()
} | _NO_USER_FILES
"""botocore's variables with their defaults alone, read neither from `AWS_*` nor from a file."""


@contextlib.asynccontextmanager
async def aws_clients(settings: ServiceSettings) -> AsyncIterator[AwsClients]:
    """Open the clients, and close their connections at the end.

    An endpoint without TLS is an emulator. Its clients read nothing of the user's: no AWS
    configuration, no credentials, no proxy. Raises StartupError when the user's AWS configuration
    is read and cannot be used.
    """
    async with contextlib.AsyncExitStack() as stack:
        with _configuration_errors_explained():
            client = _opener(stack, settings)
            clients = AwsClients(
                sqs=await client("sqs"),
                sns=await client("sns"),
                dynamodb=await client("dynamodb") if settings.store is StoreKind.DYNAMODB else None,
                s3=await client("s3") if settings.photos else None,
            )
        yield clients


@contextlib.asynccontextmanager
async def rekognition_client(settings: ServiceSettings) -> AsyncIterator[RekognitionClient]:
    """Open the client of the analysis of photos, as `aws_clients` does."""
    async with contextlib.AsyncExitStack() as stack:
        with _configuration_errors_explained():
            client = await _opener(stack, settings)("rekognition")
        yield client


def _opener(
    stack: contextlib.AsyncExitStack, settings: ServiceSettings
) -> Callable[[str], Awaitable[Any]]:
    emulator = settings.uses_emulator
    session = AioSession(_BOTOCORE_DEFAULTS if emulator else None)
    data_path = session.get_config_variable("data_path")
    session.register_component("data_loader", descriptions(data_path, only_ours=emulator))
    return functools.partial(_client, stack, session, settings, emulator=emulator)


@contextlib.contextmanager
def _configuration_errors_explained() -> Iterator[None]:
    """Raise StartupError for what botocore raises: ValueError for a setting that is no number."""
    try:
        yield
    except (BotoCoreError, ValueError) as error:
        raise StartupError(f"The AWS configuration cannot be used: {error}") from error


async def _client(
    stack: contextlib.AsyncExitStack,
    session: AioSession,
    settings: ServiceSettings,
    service: str,
    *,
    emulator: bool,
) -> Any:
    config = AioConfig(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=50,
        user_agent=_USER_AGENT,
        parameter_validation=service not in _TYPED,
        retries={"mode": "standard", "total_max_attempts": 3},
        proxies={} if emulator else None,
        signature_version=_S3_SIGNATURE if service == "s3" else None,
        s3={"addressing_style": "path"} if emulator else None,
    )
    placeholder = _PLACEHOLDER if emulator else None
    client = await stack.enter_async_context(
        session.create_client(
            service,
            region_name=settings.aws_region,
            endpoint_url=settings.aws_endpoint_url,
            config=config,
            verify=False if emulator else None,  # REQUESTS_CA_BUNDLE is read even without TLS
            aws_access_key_id=settings.aws_access_key_id or placeholder,
            aws_secret_access_key=settings.aws_secret_access_key or placeholder,
        )
    )
    events = client.meta.events
    count_requests(events, aws_requests())  # a form by its values, so before it is encoded
    encode_forms_once(events)
    sign_leanly(events)
    return client


def count_requests(events: BaseEventHooks, counts: AwsRequests) -> None:
    """Have every attempt counted whose answer, or failure, the client meets.

    A request that is given up before that, as at a time-out of ours, is not counted.
    """

    def count(
        event_name: str,
        context: Mapping[str, Any],
        response_dict: Mapping[str, Any] | None,
        **_: object,
    ) -> None:
        _received, service, operation = event_name.split(".", 2)
        status: int = response_dict["status_code"] if response_dict else 0
        counts.answered[service, operation, str(status or "none")] += 1
        if response_dict and service in _BILLED_BY_SIZE and status < _SERVER_ERROR:
            size = max(context.get(_SENT, 0), len(response_dict["body"]))
            counts.units[service] += max(1, math.ceil(size / BILLED_BYTES))

    for service in _BILLED_BY_SIZE:
        events.register(
            f"before-call.{service}",
            lambda params, context, **_: context.update({_SENT: len(str(params["body"]))}),
        )
    events.register("response-received", count)


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
