"""Where the forms of a shop that keeps its photos itself lead to, as S3's lead to the bucket."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from producer.context import CASHIER
from producer.http.problems import FORM_REFUSED, INVALID_FORM, PHOTO_NOT_TAKEN
from producer.http.upload_body import UploadBody
from producer.photos.forms import FIELDS, UPLOADS_PATH
from shared.domain.photo import LARGEST_UPLOAD
from shared.web.operation import Response, Role, operation
from shared.web.problem import NOT_FOUND, UNAVAILABLE, Problem
from shared.web.router import keep_connection

VERSION_ID = "x-amz-version-id"
"""The header by which S3 names an upload to its sender, too."""

_FORM_BYTES = 64 * 1024
"""More than fields and boundaries take."""


@operation(
    "POST",
    UPLOADS_PATH,
    "Upload a photo by a form",
    role=Role.HOLDER,
    body_bytes=LARGEST_UPLOAD + _FORM_BYTES,
    receives_body=True,
    responses={HTTPStatus.NO_CONTENT: Response("The photo is stored, and is looked at soon")},
    errors=(NOT_FOUND, FORM_REFUSED, INVALID_FORM, PHOTO_NOT_TAKEN, UNAVAILABLE),
    documented=False,  # a form says all that its holder must know, wherever it leads
)
async def upload_photo(request: web.Request) -> web.Response:
    """Store a photo that comes with a form of ours."""
    uploads = request.app[CASHIER].photos.uploads
    if uploads is None:
        raise Problem(NOT_FOUND, "photos are uploaded to S3")
    body = UploadBody(request)
    fields = await body.fields(FIELDS)
    permission = uploads.forms.check(fields)
    with uploads.place(fields["signature"]):
        keep_connection(request)
        uploaded = await uploads.receive(permission, body.file())
    headers = {VERSION_ID: uploaded.version_id}
    return web.Response(status=HTTPStatus.NO_CONTENT, headers=headers)
