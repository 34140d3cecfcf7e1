"""The route of the AsyncAPI document."""

from __future__ import annotations

import json
from http import HTTPStatus

from aiohttp import web

from notifier.asyncapi.document import asyncapi_document
from notifier.context import NOTIFIER
from shared.web.operation import Response, Role, operation
from shared.web.problem import UNAVAILABLE


@operation(
    "GET",
    "/asyncapi.json",
    "Describe the topics and every message: by SNS, by the live stream, by webhook",
    role=Role.ANYONE,
    responses={HTTPStatus.OK: Response("The AsyncAPI 3.0 document")},
    errors=(UNAVAILABLE,),
    tag="topics",
)
async def get_asyncapi(request: web.Request) -> web.Response:
    """Send the document, with the topics that there are now."""
    notifier = request.app[NOTIFIER]
    document = asyncapi_document(await notifier.topics.get(), notifier.names)
    return web.Response(body=json.dumps(document).encode(), content_type="application/json")
