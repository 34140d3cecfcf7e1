"""Tells what AWS refuses, until somebody corrects rights or credentials, from an outage."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from botocore.exceptions import (
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from shared.domain.errors import UnavailableError
from shared.runtime.startup import StartupError

_CODES = frozenset(
    {
        *("AccessDenied", "AccessDeniedException", "AuthorizationError", "KmsAccessDenied"),
        *("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"),
        *("SignatureDoesNotMatch", "InvalidSignature", "InvalidSignatureException"),
        *("IncompleteSignature", "IncompleteSignatureException"),
        *("MissingAuthenticationToken", "MissingAuthenticationTokenException"),
        *("ExpiredToken", "ExpiredTokenException", "OptInRequired"),
    }
)
"""Their errors in common, and those of SQS, SNS (AuthorizationError), DynamoDB and S3."""

_UNUSABLE = (
    *(NoCredentialsError, PartialCredentialsError, NoRegionError),
    *(TokenRetrievalError, UnauthorizedSSOTokenError),
)
"""What botocore raises before it asks AWS, for want of credentials or a region."""

Entered = TypeVar("Entered")


class RefusedByAwsError(StartupError):
    """AWS does not know us, or does not allow what we need."""


@contextlib.contextmanager
def refusals_end_the_start() -> Iterator[None]:
    """Raise RefusedByAwsError for an UnavailableError that no waiting will end."""
    try:
        yield
    except UnavailableError as error:
        if not is_refusal(error.__cause__):
            raise
        reason = " ".join(str(error.__cause__).split())
        raise RefusedByAwsError(
            f"AWS refuses this start, until it is corrected: {reason}"
        ) from error


def is_refusal(error: BaseException | None) -> bool:
    """Whether AWS, or botocore in its place, refuses credentials or rights."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "").rpartition(".")[2] in _CODES
    return isinstance(error, _UNUSABLE)


@contextlib.asynccontextmanager
async def started(context: AbstractAsyncContextManager[Entered]) -> AsyncIterator[Entered]:
    """Enter a context, whose start, and nothing later, may end with RefusedByAwsError."""
    async with contextlib.AsyncExitStack() as stack:
        with refusals_end_the_start():
            entered = await stack.enter_async_context(context)
        yield entered
