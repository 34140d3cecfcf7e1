"""The analysis by Amazon Rekognition: labels, and moderation labels that hold a photo back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog
from botocore.exceptions import ClientError

from shared.aws.clients import aws_call
from worker.photos.analysis import Analysis

if TYPE_CHECKING:
    from types_aiobotocore_rekognition import RekognitionClient

MOST_BYTES = 5 * 2**20
"""Of a picture that is sent with a request (Rekognition quotas, "Image operations")."""

MOST_LABELS = 10
LABEL_CONFIDENCE = 80.0
FLAG_CONFIDENCE = 60.0
"""Percent; for moderation a low one, as a person decides."""

CALL_SECONDS = 10.0

_NOT_SEEN = Analysis(flags=("what nobody has looked at",))
"""Of a picture that Rekognition does not take, or refuses to look at: a person does."""

_PASSING = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestTimeout",
        "ThrottlingException",
    }
)
"""What is retried, beside the errors of the server, from 500 on."""

_SERVER_ERROR = 500

log = structlog.stdlib.get_logger(__name__)


class RekognitionAnalysis:
    """Sends the JPEG itself, so that Rekognition needs no access to the photos."""

    def __init__(self, client: RekognitionClient) -> None:
        self._client = client

    async def analyze(self, jpeg: bytes) -> Analysis:
        """Look at a picture; raises AwsUnavailableError, also when Rekognition throttles."""
        if len(jpeg) > MOST_BYTES:
            return _NOT_SEEN
        async with aws_call("Rekognition", CALL_SECONDS):
            try:
                labels, flags = await asyncio.gather(self._labels(jpeg), self._flags(jpeg))
            except ClientError as error:
                if _passes(error):
                    raise
                log.warning("photo.not_analyzed", error=str(error))
                return _NOT_SEEN
        return Analysis(labels, flags)

    async def _labels(self, jpeg: bytes) -> tuple[str, ...]:
        answer = await self._client.detect_labels(
            Image={"Bytes": jpeg}, MaxLabels=MOST_LABELS, MinConfidence=LABEL_CONFIDENCE
        )
        return tuple(label["Name"] for label in answer["Labels"][:MOST_LABELS])

    async def _flags(self, jpeg: bytes) -> tuple[str, ...]:
        answer = await self._client.detect_moderation_labels(
            Image={"Bytes": jpeg}, MinConfidence=FLAG_CONFIDENCE
        )
        found = answer["ModerationLabels"]
        return tuple(dict.fromkeys(label["Name"] for label in found))[:MOST_LABELS]


def _passes(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", _SERVER_ERROR)
    return status >= _SERVER_ERROR or error.response["Error"]["Code"] in _PASSING
