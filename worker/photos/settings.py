"""The settings of a photo worker, beside those of every worker."""

from __future__ import annotations

from enum import StrEnum

from worker.settings import QueueWorkerSettings


class AnalysisKind(StrEnum):
    """Who looks at what a photo shows."""

    LOCAL = "local"
    REKOGNITION = "rekognition"


class PhotoWorkerSettings(QueueWorkerSettings):
    """Settings of one photo worker's process."""

    photo_analysis: AnalysisKind = AnalysisKind.LOCAL
    """Who looks at what a photo shows: nobody (`local`), or Amazon Rekognition (`rekognition`)."""
