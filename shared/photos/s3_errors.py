"""How S3's errors are told: it is unavailable, or one object of it cannot be had."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Collection, Iterator

from botocore.exceptions import ClientError

from shared.aws.clients import CALL_SECONDS, AwsUnavailableError, aws_call
from shared.photos.contract import BrokenUploadError, PhotosUnavailableError

GONE = frozenset({"NoSuchKey", "NoSuchVersion", "InvalidArgument"})
"""InvalidArgument: the version id is no version's."""

_BROKEN = frozenset({"AccessDenied", "InvalidObjectState"})
"""What one object can have, beside errors of its key, `KMS.…`: its owner, or an archive's tier."""


@contextlib.asynccontextmanager
async def s3_call(seconds: float = CALL_SECONDS) -> AsyncIterator[None]:
    """Bound calls to S3 in time; raises PhotosUnavailableError."""
    try:
        async with aws_call("S3", seconds):
            yield
    except AwsUnavailableError as error:
        raise PhotosUnavailableError(str(error)) from error


@contextlib.contextmanager
def broken_upload() -> Iterator[None]:
    """Raise BrokenUploadError for an error that one object alone can have."""
    try:
        yield
    except PhotosUnavailableError as error:
        aws = error.__cause__
        cause = aws.__cause__ if aws else None
        code = _code(cause) if isinstance(cause, ClientError) else ""
        if code in _BROKEN or (code.startswith("KMS.") and "Throttl" not in code):
            raise BrokenUploadError(code) from error
        raise


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


@contextlib.contextmanager
def expecting(codes: Collection[str]) -> Iterator[None]:
    """End the block quietly when S3 refuses a request with one of these codes."""
    try:
        yield
    except ClientError as error:
        if _code(error) not in codes:
            raise
