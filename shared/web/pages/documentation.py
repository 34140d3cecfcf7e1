"""The page that shows the API with its document; it loads nothing from another host."""

from __future__ import annotations

import functools
import re
from http import HTTPStatus
from pathlib import Path

from aiohttp import hdrs, web
from openapi_ui_bundles import swagger_ui

from shared.web.openapi import OPENAPI_DOCUMENT
from shared.web.operation import Operation, Response, Role, operation
from shared.web.pages.files import file_operations

# Swagger UI's style sheet embeds small images as data, which our content policy forbids.
_DATA_IMAGE = re.compile(r"""url\((?:"data:[^"]*"|'data:[^']*'|data:[^)]*)\)""")
_DOCS_ASSETS = Path(__file__).with_name("docs_assets")


def docs_operations() -> list[Operation]:
    """List the operations that describe all the others."""
    styles = _DATA_IMAGE.sub("none", (swagger_ui.static_path / "swagger-ui.css").read_text())
    stylesheet = Operation(
        method=hdrs.METH_GET,
        path="/docs/swagger-ui.css",
        summary="The style sheet of the API's page",
        handler=functools.partial(_send_styles, styles),
        responses={HTTPStatus.OK: Response("The style sheet", media_type="text/css")},
        role=Role.ANYONE,
        tag="pages",
        documented=False,
    )
    files = {
        "/docs": _DOCS_ASSETS / "docs.html",
        "/docs/docs.js": _DOCS_ASSETS / "docs.js",
        "/docs/swagger-ui-bundle.js": swagger_ui.static_path / "swagger-ui-bundle.js",
        "/docs/favicon-32x32.png": swagger_ui.static_path / "favicon-32x32.png",
    }
    return [openapi_json, stylesheet, *file_operations(files)]


async def _send_styles(styles: str, _: web.Request) -> web.StreamResponse:
    return web.Response(text=styles, content_type="text/css")


@operation(
    hdrs.METH_GET,
    "/openapi.json",
    "This document",
    responses={HTTPStatus.OK: Response("The OpenAPI 3.1 document")},
    role=Role.ANYONE,
    tag="service",
)
async def openapi_json(request: web.Request) -> web.StreamResponse:
    """Send the document of this application."""
    return web.Response(body=request.app[OPENAPI_DOCUMENT], content_type="application/json")
