"""The staff's session in a browser: a key that was shown once stays shown for twelve hours."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import hdrs, web
from pydantic import BaseModel

from shared.domain.staff import StaffRole
from shared.web.body import json_response
from shared.web.caller import require_staff, shown_key
from shared.web.headers import SET_COOKIE
from shared.web.operation import Response, Role, operation
from shared.web.problem import UNAVAILABLE
from shared.web.session_cookie import COOKIE, ended_session, session_cookie

_SETS: Mapping[str, str] = {
    "Set-Cookie": f"The cookie `{COOKIE}`, which only the shop's own pages can use"
}


class SessionModel(BaseModel):
    """Whose key the caller shows."""

    name: str
    role: StaffRole


@operation(
    hdrs.METH_PUT,
    "/staff/session",
    "Sign in: the browser shows the key of `Authorization` by itself, for twelve hours",
    responses={HTTPStatus.OK: Response("Who is signed in", SessionModel, headers=_SETS)},
    errors=(UNAVAILABLE,),
    role=Role.BARISTA,
    tag="staff",
)
async def begin_session(request: web.Request) -> web.StreamResponse:
    """Set the cookie; who is signed in already has another twelve hours."""
    key = shown_key(request) or ""
    request[SET_COOKIE] = session_cookie(key, request.headers.get(hdrs.ORIGIN))
    return _whose(request)


@operation(
    hdrs.METH_GET,
    "/staff/session",
    "Say who is signed in",
    responses={HTTPStatus.OK: Response("Who is signed in", SessionModel)},
    errors=(UNAVAILABLE,),
    role=Role.BARISTA,
    tag="staff",
)
async def read_session(request: web.Request) -> web.StreamResponse:
    """Say whose key the caller shows."""
    return _whose(request)


@operation(
    hdrs.METH_DELETE,
    "/staff/session",
    "Sign out",
    responses={HTTPStatus.NO_CONTENT: Response("Nobody is signed in", headers=_SETS)},
    role=Role.ANYONE,
    tag="staff",
)
async def end_session(request: web.Request) -> web.StreamResponse:
    """Remove the cookie, whatever is in it."""
    request[SET_COOKIE] = ended_session()
    return web.Response(status=HTTPStatus.NO_CONTENT)


def _whose(request: web.Request) -> web.StreamResponse:
    key = require_staff(request)
    return json_response(SessionModel(name=key.name, role=key.role))


SESSION_OPERATIONS = (begin_session, read_session, end_session)
