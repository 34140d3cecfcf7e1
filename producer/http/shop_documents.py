"""The settings of the shop and its opening hours: read by staff, changed by managers."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from producer.context import CASHIER
from producer.documents import hours
from producer.documents.hours import HoursDocument
from producer.documents.settings import SettingsDocument
from producer.http.problems import INVALID_SETTING
from producer.http.versions import (
    CHANGED_MEANWHILE,
    ETAG_HEADER,
    IF_MATCH,
    expected_versions,
    versioned_response,
)
from shared.web.body import read_body
from shared.web.caller import require_staff
from shared.web.field_errors import invalid
from shared.web.operation import Response, Role, operation
from shared.web.problem import UNAVAILABLE


@operation(
    "GET",
    "/shop/settings",
    "Read the settings of the shop",
    role=Role.BARISTA,
    responses={HTTPStatus.OK: Response("The settings", SettingsDocument, headers=ETAG_HEADER)},
    errors=(UNAVAILABLE,),
)
async def get_settings(request: web.Request) -> web.Response:
    """Show the newest settings of the shop."""
    read = await request.app[CASHIER].settings.newest()
    return versioned_response(read, read.value)


@operation(
    "PUT",
    "/shop/settings",
    "Change the settings of the shop",
    role=Role.MANAGER,
    body=SettingsDocument,
    parameters=(IF_MATCH,),
    responses={HTTPStatus.OK: Response("The new settings", SettingsDocument, headers=ETAG_HEADER)},
    errors=(INVALID_SETTING, CHANGED_MEANWHILE, UNAVAILABLE),
)
async def put_settings(request: web.Request) -> web.Response:
    """Replace the settings of the shop; what is left out has its default again."""
    body = await read_body(request, SettingsDocument, INVALID_SETTING)
    read = await request.app[CASHIER].settings.put(
        body, body.model_dump_json(), require_staff(request).name, expected_versions(request)
    )
    return versioned_response(read, read.value)


@operation(
    "GET",
    "/shop/hours",
    "Read the opening hours",
    role=Role.BARISTA,
    responses={HTTPStatus.OK: Response("The hours", HoursDocument, headers=ETAG_HEADER)},
    errors=(UNAVAILABLE,),
)
async def get_hours(request: web.Request) -> web.Response:
    """Show the newest opening hours, in the shop's time zone."""
    read = await request.app[CASHIER].opening_hours.document.newest()
    return versioned_response(read, read.value)


@operation(
    "PUT",
    "/shop/hours",
    "Change the opening hours",
    role=Role.MANAGER,
    body=HoursDocument,
    parameters=(IF_MATCH,),
    responses={HTTPStatus.OK: Response("The new hours", HoursDocument, headers=ETAG_HEADER)},
    errors=(INVALID_SETTING, CHANGED_MEANWHILE, UNAVAILABLE),
)
async def put_hours(request: web.Request) -> web.Response:
    """Replace the opening hours; spans may not overlap."""
    body = await read_body(request, HoursDocument, INVALID_SETTING, hours.MOST_VALUES)
    if field_errors := [*body.overlaps()]:
        raise invalid(INVALID_SETTING, "body", field_errors)
    read = await request.app[CASHIER].opening_hours.document.put(
        body, body.model_dump_json(), require_staff(request).name, expected_versions(request)
    )
    return versioned_response(read, read.value)
