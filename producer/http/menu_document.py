"""The menu as a whole: read, changed and restored by version, with who changed what."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from producer.context import CASHIER
from producer.http.problems import INVALID_MENU
from producer.http.versions import (
    CHANGED_MEANWHILE,
    ETAG_HEADER,
    IF_MATCH,
    VERSION_REQUIRED,
    expected_versions,
    versioned_response,
)
from producer.menu.checks import LARGEST_DOCUMENT, faults
from producer.menu.document import MenuDocument
from producer.menu.service import NoSuchVersionError
from shared.clock import Timestamp
from shared.domain.errors import FieldError
from shared.web.body import json_response, read_body, read_query
from shared.web.caller import require_staff
from shared.web.field_errors import invalid
from shared.web.fields import Body
from shared.web.operation import Parameter, Response, Role, operation
from shared.web.problem import INVALID_REQUEST, NOT_FOUND, UNAVAILABLE

_MOST_VALUES = 20_000
"""500 items have a quarter of them, unless each comes in 20 sizes."""

_VERSION = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)

_Limit = Annotated[int, Field(ge=1, le=20)]
_Version = Annotated[int, Field(ge=1, le=999_999_999)]


class ListVersions(Body):
    """Which versions to list."""

    model_config = ConfigDict(strict=False)

    limit: _Limit = 20
    before: _Version | None = None


class MenuVersionModel(BaseModel):
    """A version of the menu: when it was made, by whose key, and what it changed."""

    version: int
    at: Timestamp
    by: str
    changes: str


class MenuVersionList(BaseModel):
    """Some versions of the menu, the newest first."""

    versions: list[MenuVersionModel]


@operation(
    "GET",
    "/menu/document",
    "Read the menu as a document, to change it",
    role=Role.BARISTA,
    responses={HTTPStatus.OK: Response("The whole menu", MenuDocument, headers=ETAG_HEADER)},
    errors=(UNAVAILABLE,),
    tag="menu",
)
async def get_menu_document(request: web.Request) -> web.Response:
    """Give the newest version of the menu."""
    read = await request.app[CASHIER].menu.document.newest()
    return versioned_response(read, read.value)


@operation(
    "PUT",
    "/menu/document",
    "Change the menu, unless somebody else has changed it meanwhile",
    body=MenuDocument,
    body_bytes=LARGEST_DOCUMENT,
    parameters=(IF_MATCH,),
    responses={HTTPStatus.OK: Response("The menu as it is now", MenuDocument, headers=ETAG_HEADER)},
    errors=(INVALID_MENU, CHANGED_MEANWHILE, VERSION_REQUIRED, UNAVAILABLE),
    tag="menu",
)
async def put_menu_document(request: web.Request) -> web.Response:
    """Record a menu as the next version; all cashiers use it within a second."""
    expected = expected_versions(request, required=True)
    menu = await read_body(request, MenuDocument, INVALID_MENU, _MOST_VALUES)
    if found := faults(menu):
        raise invalid(INVALID_MENU, "menu", [FieldError(where, what) for where, what in found])
    read = await request.app[CASHIER].menu.put(menu, require_staff(request).name, expected)
    return versioned_response(read, read.value)


@operation(
    "GET",
    "/menu/versions",
    "List the versions of the menu: who changed what, and when",
    parameters=(
        Parameter("limit", "query", "How many at most (20 when left out)", _Limit),
        Parameter("before", "query", "Only those before this version", _Version),
    ),
    responses={HTTPStatus.OK: Response("Versions, the newest first", MenuVersionList)},
    errors=(INVALID_REQUEST, UNAVAILABLE),
    tag="menu",
)
async def list_menu_versions(request: web.Request) -> web.Response:
    """List who changed what in the menu, the newest first."""
    query = read_query(request, ListVersions)
    found = await request.app[CASHIER].menu.versions(query.limit, query.before)
    versions = [
        MenuVersionModel(
            version=each.version.version,
            at=each.version.at,
            by=each.version.by,
            changes=each.changes,
        )
        for each in found
    ]
    return json_response(MenuVersionList(versions=versions))


@operation(
    "POST",
    "/menu/versions/{version}/restore",
    "Make the menu what it was in an old version",
    parameters=(Parameter("version", "path", "The old version", _Version, required=True), IF_MATCH),
    responses={HTTPStatus.OK: Response("The menu as it is now", MenuDocument, headers=ETAG_HEADER)},
    errors=(NOT_FOUND, INVALID_MENU, CHANGED_MEANWHILE, UNAVAILABLE),
    tag="menu",
)
async def restore_menu(request: web.Request) -> web.Response:
    """Record an old version once more, as the newest."""
    version = request.match_info["version"]
    if _VERSION.fullmatch(version) is None:
        raise NoSuchVersionError
    by, expected = require_staff(request).name, expected_versions(request)
    read = await request.app[CASHIER].menu.restore(int(version), by, expected)
    return versioned_response(read, read.value)
