"""Constructs a photo worker's objects."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from shared.aws.clients import AwsClients, rekognition_client
from shared.aws.names import Names
from shared.aws.queue import SqsQueue
from shared.aws.queues import open_photos_queue
from shared.clock import utc_now
from shared.consuming.consumer import Consumer, ConsumerLimits
from shared.consuming.metrics import MessageMetrics
from shared.photos.factory import open_photo_store
from shared.store.factory import open_store
from worker.photos.analysis import LocalAnalysis, PhotoAnalysis
from worker.photos.handler import PhotoProcessor, log_fields
from worker.photos.rekognition import RekognitionAnalysis
from worker.photos.rendering import ProcessRenderer
from worker.photos.settings import AnalysisKind, PhotoWorkerSettings

if TYPE_CHECKING:
    from shared.web.service import Hook

CONCURRENCY = 2
"""While one picture is rendered, another one is read or written; see decision 28 for its memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoWorker:
    """What runs in the process; a readiness check raises while what it names is unavailable."""

    queue: SqsQueue
    processor: PhotoProcessor
    consumer: Consumer
    readiness: Mapping[str, Hook]


@contextlib.asynccontextmanager
async def open_photo_worker(
    settings: PhotoWorkerSettings, clients: AwsClients, names: Names, registry: CollectorRegistry
) -> AsyncIterator[PhotoWorker]:
    """Open the stores, the queue and the analysis, and connect a processor to them.

    Metrics go to `registry`.
    """
    async with (
        open_store(settings, clients.dynamodb, utc_now) as store,
        open_photo_store(settings, clients) as photos,
        open_photos_queue(
            clients,
            names,
            visibility_timeout=settings.visibility_timeout,
            wait_time=settings.poll_seconds,
        ) as queue,
        _open_analysis(settings) as analysis,
    ):
        processor = PhotoProcessor(
            store_id=settings.store_id,
            photos=photos,
            records=store,
            renderer=ProcessRenderer(),
            analysis=analysis,
        )
        limits = ConsumerLimits(CONCURRENCY, settings.visibility_timeout, settings.grace_seconds)
        consumer = Consumer(
            queue,
            processor.take,
            limits,
            log_fields=log_fields,
            count=MessageMetrics.on(registry).of("photos"),
            around=queue.working_on,
        )

        async def check_polls(_: object) -> None:
            consumer.check()

        yield PhotoWorker(
            queue=queue,
            processor=processor,
            consumer=consumer,
            readiness={
                "order store": lambda _: store.check(),
                "photo store": lambda _: photos.check(),
                "photos queue": check_polls,
            },
        )


@contextlib.asynccontextmanager
async def _open_analysis(settings: PhotoWorkerSettings) -> AsyncIterator[PhotoAnalysis]:
    if settings.photo_analysis is AnalysisKind.LOCAL:
        yield LocalAnalysis()
        return
    async with rekognition_client(settings) as client:
        yield RekognitionAnalysis(client)
