"""AWS out of reach, as one error, so that nobody else has to know botocore's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError


class AwsUnavailableError(Exception):
    """A service did not do what it was asked, after the client's own retries."""


@contextlib.contextmanager
def reaching(service: str) -> Iterator[None]:
    """Turn what botocore raises in the block into AwsUnavailableError."""
    try:
        yield
    except (BotoCoreError, ClientError, TimeoutError) as error:
        raise AwsUnavailableError(f"{service} is out of reach: {error}") from error
