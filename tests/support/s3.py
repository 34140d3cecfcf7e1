"""A ministack with S3: the embedded emulator has none."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import aiohttp

from shared.photos.contract import UploadForm
from shared.runtime.settings import ServiceSettings
from shop.processes.probe import wait_until_healthy
from tests.support.emulator import free_port

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
"""The only ones with which ministack takes a form."""

KEY_VARIABLES = {f"COFFEE_{name.upper()}": value for name, value in KEYS.items()}


@contextlib.contextmanager
def running_s3() -> Iterator[str]:
    """Give the endpoint of a fresh ministack with SQS, SNS, DynamoDB and S3, on loopback."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="s3-") as folder:
        variables = {
            "PATH": os.environ["PATH"],
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "SERVICES": "s3,sqs,sns,dynamodb",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "ERROR",
            "DOCKER_HOST": f"unix://{Path(folder) / 'no-docker.sock'}",
        }
        command = (sys.executable, "-m", "ministack")
        process = subprocess.Popen(command, env=variables, cwd=folder)
        url = f"http://127.0.0.1:{port}"
        try:
            with ThreadPoolExecutor(1) as thread:  # a test's loop may run here
                thread.submit(lambda: asyncio.run(_healthy(url))).result()
            yield url
        finally:
            process.terminate()
            process.wait(10)


async def _healthy(url: str) -> None:
    async with asyncio.timeout(30):
        await wait_until_healthy(f"{url}/_ministack/health")


def s3_settings(endpoint: str, bucket: str, **settings: Any) -> ServiceSettings:
    """Settings of a service whose photos are in a bucket at that endpoint."""
    return ServiceSettings(
        **{"aws_endpoint_url": endpoint, "photos": f"s3://{bucket}", **KEYS, **settings}
    )


async def post(form: UploadForm, body: bytes, **fields: str) -> int:
    """Post a file with a form, as a browser does; `fields` are changed in it. Gives the status."""
    data = aiohttp.FormData()
    for name, value in {**form.fields, **fields}.items():
        data.add_field(name, value)
    data.add_field("file", io.BytesIO(body), filename="photo.jpg", content_type="image/jpeg")
    async with (
        aiohttp.ClientSession() as session,
        session.post(form.url, data=data) as response,
    ):
        return response.status
