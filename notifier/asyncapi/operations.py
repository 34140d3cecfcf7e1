"""The AsyncAPI document in the table of operations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from notifier.asyncapi.document import asyncapi_document
from notifier.build import NOTIFIER
from shared.aws.names import Names
from shared.web.operation import Operation, Response, Role
from shared.web.problem import UNAVAILABLE

NAMES: web.AppKey[Names] = web.AppKey("NAMES", Names)


async def get_asyncapi(request: web.Request) -> web.Response:
    """Send the document, with the topics that there are now."""
    topics = await request.app[NOTIFIER].catalog.all()
    document = asyncapi_document(topics, request.app[NAMES])
    return web.Response(body=json.dumps(document).encode(), content_type="application/json")


ASYNCAPI_OPERATIONS: Sequence[Operation] = (
    Operation(
        "GET",
        "/asyncapi.json",
        "Describe the topics and every message: by SNS, by the live stream, by webhook",
        get_asyncapi,
        role=Role.ANYONE,
        responses={HTTPStatus.OK: Response("The AsyncAPI 3.0 document")},
        errors=(UNAVAILABLE,),
        tag="topics",
    ),
)
