"""The photos themselves: renditions for everybody, which may be cached for ever."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import ETag, hdrs, web

from producer.context import CASHIER
from shared.photos.contract import FOR_EVER
from shared.web.operation import Response, Role, operation
from shared.web.problem import NOT_FOUND, UNAVAILABLE, Problem

_MEDIA_TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}


@operation(
    "GET",
    "/photos/{hash}/{name}",
    "A photo, in one of its renditions",
    role=Role.ANYONE,
    responses={HTTPStatus.OK: Response("The photo", media_type="image/webp")},
    errors=(NOT_FOUND, UNAVAILABLE),
    documented=False,  # the menu gives the addresses
    turns=True,
)
async def get_photo_file(request: web.Request) -> web.StreamResponse:
    """Send a rendition."""
    photo, name = request.match_info["hash"], request.match_info["name"]
    body = await request.app[CASHIER].photos.files.get(photo, name)
    if body is None:
        raise Problem(NOT_FOUND, "there is no such photo")
    tag = f"{photo}-{name}"
    headers = {hdrs.CACHE_CONTROL: FOR_EVER}
    if any(asked.value in {tag, "*"} for asked in request.if_none_match or ()):
        response = web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    else:
        media_type = _MEDIA_TYPES[name.rpartition(".")[2]]
        response = web.Response(body=body, content_type=media_type, headers=headers)
    response.etag = ETag(tag)
    return response
