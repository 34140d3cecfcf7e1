"""A small HTTP server that answers DetectModerationLabels as its documentation says.

Amazon Rekognition Developer Guide, "DetectModerationLabels"; moto has not got that operation. What
else is asked is answered as DetectLabels.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

_JSON = "application/x-amz-json-1.1"


@dataclass
class Rekognition:
    """`errors` are answered first, each as its code and status."""

    url: str = ""
    flags: list[str] = field(default_factory=list)
    errors: list[tuple[str, int]] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)
    operations: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        operation = request.headers["X-Amz-Target"].removeprefix("RekognitionService.")
        asked = await request.json()
        self.operations.append(operation)
        self.pictures.append(base64.b64decode(asked["Image"]["Bytes"]))
        if self.errors:
            code, status = self.errors.pop(0)
            return self._json({"__type": code, "message": code}, status)
        if operation == "DetectModerationLabels":
            return self._json(
                {
                    "ModerationModelVersion": "7.0",
                    "ModerationLabels": [
                        {"Name": name, "ParentName": "", "Confidence": 91.5, "TaxonomyLevel": 1}
                        for name in self.flags
                    ],
                }
            )
        return self._json({"Labels": [{"Name": "Coffee", "Confidence": 99.0}]})

    @staticmethod
    def _json(body: dict[str, Any], status: int = 200) -> web.Response:
        return web.json_response(body, status=status, content_type=_JSON)


@contextlib.asynccontextmanager
async def running_rekognition() -> AsyncIterator[Rekognition]:
    rekognition = Rekognition()
    app = web.Application(client_max_size=10 * 2**20)
    app.router.add_post("/", rekognition.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        rekognition.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield rekognition
    finally:
        await runner.cleanup()
