"""The analysis by Rekognition: labels by moto, moderation by a server of documented answers."""

from __future__ import annotations

import asyncio

import pytest

from shared.aws.clients import AwsUnavailableError, rekognition_client
from shared.runtime.settings import ServiceSettings
from tests.support.pictures import photo
from tests.support.rekognition import running_rekognition
from worker.photos.analysis import Analysis
from worker.photos.rekognition import RekognitionAnalysis

JPEG = photo()


async def test_motos_rekognition_gives_labels(moto: str) -> None:
    async with rekognition_client(ServiceSettings(aws_endpoint_url=moto)) as client:
        labels = await RekognitionAnalysis(client)._labels(JPEG)  # noqa: SLF001 - moto has no more
    assert labels
    assert all(isinstance(label, str) for label in labels)


async def test_a_photo_has_labels_and_the_flags_of_moderation() -> None:
    async with running_rekognition() as server:
        server.flags = ["Alcohol", "Alcoholic Beverages"]
        async with rekognition_client(ServiceSettings(aws_endpoint_url=server.url)) as client:
            found = await RekognitionAnalysis(client).analyze(JPEG)
    assert found == Analysis(labels=("Coffee",), flags=("Alcohol", "Alcoholic Beverages"))
    assert sorted(server.operations) == ["DetectLabels", "DetectModerationLabels"]
    assert server.pictures == [JPEG, JPEG]


@pytest.mark.parametrize(
    ("code", "status"),
    [("ProvisionedThroughputExceededException", 400), ("InternalServerError", 500)],
)
async def test_throttling_and_outages_are_retried_and_flag_nothing(code: str, status: int) -> None:
    async with running_rekognition() as server:
        server.errors = [(code, status)] * 20
        async with rekognition_client(ServiceSettings(aws_endpoint_url=server.url)) as client:
            with pytest.raises(AwsUnavailableError):
                await RekognitionAnalysis(client).analyze(JPEG)
            server.errors = []
            assert (await RekognitionAnalysis(client).analyze(JPEG)).flags == ()


@pytest.mark.parametrize("code", ["InvalidImageFormatException", "AccessDeniedException"])
async def test_a_picture_that_rekognition_does_not_look_at_is_left_to_a_person(code: str) -> None:
    async with running_rekognition() as server:
        server.errors = [(code, 400)] * 2
        async with rekognition_client(ServiceSettings(aws_endpoint_url=server.url)) as client:
            assert (await RekognitionAnalysis(client).analyze(JPEG)).flags
            assert (await RekognitionAnalysis(client).analyze(bytes(5 * 2**20 + 1))).flags


async def test_a_server_that_does_not_answer_is_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("worker.photos.rekognition.CALL_SECONDS", 0.2)

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, rekognition_client(ServiceSettings(aws_endpoint_url=url)) as client:
        with pytest.raises(AwsUnavailableError):
            await RekognitionAnalysis(client).analyze(JPEG)
