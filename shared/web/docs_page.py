"""The page that shows the API, and the document that it shows. Neither needs another host."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from aiohttp import hdrs, web
from openapi_ui_bundles import swagger_ui

from shared.web.assets import asset_operations
from shared.web.openapi import OPENAPI_DOCUMENT
from shared.web.operation import Answer, Operation, Role
from shared.web.response_headers import CONTENT_SECURITY_POLICY

# Swagger UI draws the arrows of its select boxes from images within its style sheet.
_POLICY = CONTENT_SECURITY_POLICY.replace("img-src 'self'", "img-src 'self' data:")
_OURS = Path(__file__).with_name("docs_assets")


def docs_operations() -> list[Operation]:
    """List the operations that describe all the others."""
    document = Operation(
        method=hdrs.METH_GET,
        path="/openapi.json",
        summary="This document",
        handler=openapi_json,
        answers={HTTPStatus.OK: Answer("The OpenAPI 3.1 document")},
        role=Role.ANYONE,
        tag="service",
    )
    page = asset_operations({"/docs": _OURS / "docs.html"}, {"Content-Security-Policy": _POLICY})
    files = {
        "/docs/docs.js": _OURS / "docs.js",
        "/docs/swagger-ui-bundle.js": swagger_ui.static_path / "swagger-ui-bundle.js",
        "/docs/swagger-ui.css": swagger_ui.static_path / "swagger-ui.css",
        "/docs/favicon-32x32.png": swagger_ui.static_path / "favicon-32x32.png",
    }
    return [document, *page, *asset_operations(files)]


async def openapi_json(request: web.Request) -> web.StreamResponse:
    """Send the document of this application."""
    return web.Response(body=request.app[OPENAPI_DOCUMENT], content_type="application/json")
