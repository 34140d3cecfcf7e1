"""The photos of menu items for staff: uploaded, followed, consented to, taken off the menu."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from pydantic import BaseModel, Field

from producer.context import CASHIER, CashierContext
from producer.http.menu import PhotoModel, show_photo
from producer.http.problems import INVALID_SETTING, NO_PHOTO_HELD
from producer.photos.status import PhotoState, PhotoStatus
from shared.clock import Timestamp
from shared.domain.change import Changed
from shared.domain.menu import find
from shared.domain.photo import Upload, UploadState
from shared.web.body import json_response, read_body_if_sent
from shared.web.caller import change_by
from shared.web.fields import Body
from shared.web.operation import Parameter, Response, Role, operation
from shared.web.problem import INVALID_REQUEST, NOT_FOUND, UNAVAILABLE, Problem

_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]{1,260}")
_ITEM = (Parameter("id", "path", "The menu item's id", required=True),)
_TAG = "photos"


class UploadFormModel(BaseModel):
    """A form for a photo: post its `fields` and then the file, as `file`, to `url`.

    It is sent as multipart/form-data within ten minutes, and is answered with 204.
    """

    url: str
    fields: dict[str, str]


class UploadModel(BaseModel):
    """An upload that was looked at, and what became of it.

    `version_id` is what the header `x-amz-version-id` of the answer to the form was.
    """

    sequencer: str
    version_id: str
    at: Timestamp
    state: UploadState
    reason: str | None
    photo: PhotoModel | None


class ItemPhotoModel(BaseModel):
    """An item's photo: what became of the newest upload, and the `photo` on the menu."""

    item_id: str
    state: PhotoState
    reason: str | None
    needs_consent: bool
    photo: PhotoModel | None
    uploads: list[UploadModel]


class ConsentToPhoto(Body):
    """Which held upload to show; the newest one when it is left out."""

    sequencer: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{1,64}$")] | None = None


@operation(
    "POST",
    "/menu/items/{id}/photo",
    "Ask for a form by which to upload a photo of an item",
    role=Role.BARISTA,
    parameters=_ITEM,
    responses={HTTPStatus.OK: Response("The form", UploadFormModel)},
    errors=(NOT_FOUND, UNAVAILABLE),
    tag=_TAG,
)
async def new_photo_form(request: web.Request) -> web.Response:
    """Make a form for one upload."""
    context = request.app[CASHIER]
    item = find((await context.menu.current()).value.items, request.match_info["id"])
    if item is None:
        raise Problem(NOT_FOUND, "no such item is on the menu")
    form = await context.photos.form(item.id, _base(request, context))
    detail = f"{item.id}: a photo may be uploaded"
    await context.store.record_change(change_by(request, context.clock(), Changed.PHOTOS, detail))
    return json_response(UploadFormModel(url=form.url, fields=dict(form.fields)))


@operation(
    "GET",
    "/menu/items/{id}/photo",
    "Follow what becomes of an item's photo",
    role=Role.BARISTA,
    parameters=_ITEM,
    responses={HTTPStatus.OK: Response("The item's photo", ItemPhotoModel)},
    errors=(NOT_FOUND, UNAVAILABLE),
    tag=_TAG,
)
async def get_item_photo(request: web.Request) -> web.Response:
    """Show what became of an item's uploads."""
    return await _item_photo(request)


@operation(
    "DELETE",
    "/menu/items/{id}/photo",
    "Take an item's photo off the menu",
    role=Role.BARISTA,
    parameters=_ITEM,
    responses={HTTPStatus.OK: Response("The item's photo", ItemPhotoModel)},
    errors=(NOT_FOUND, UNAVAILABLE),
    tag=_TAG,
)
async def take_photo_off(request: web.Request) -> web.Response:
    """Show no photo of an item until another one is uploaded."""
    context, item_id = request.app[CASHIER], request.match_info["id"]
    detail = f"{item_id}: the photo is off the menu"
    change = change_by(request, context.clock(), Changed.PHOTOS, detail)
    await context.photos.service.take_off(item_id, change)
    return await _item_photo(request)


@operation(
    "POST",
    "/menu/items/{id}/photo/consent",
    "Show a photo that is held until a person consents",
    role=Role.MANAGER,
    body=ConsentToPhoto,
    body_required=False,
    parameters=_ITEM,
    responses={HTTPStatus.OK: Response("The item's photo", ItemPhotoModel)},
    errors=(NOT_FOUND, NO_PHOTO_HELD, INVALID_SETTING, UNAVAILABLE),
    tag=_TAG,
)
async def consent_to_photo(request: web.Request) -> web.Response:
    """Show an item's held photo."""
    context, item_id = request.app[CASHIER], request.match_info["id"]
    body = await read_body_if_sent(request, ConsentToPhoto, INVALID_SETTING)
    detail = f"{item_id}: the held photo is shown"
    change = change_by(request, context.clock(), Changed.PHOTOS, detail)
    await context.photos.service.consent(item_id, body.sequencer, change)
    return await _item_photo(request)


async def _item_photo(request: web.Request) -> web.Response:
    context = request.app[CASHIER]
    status = await context.photos.service.status(request.match_info["id"])
    return json_response(_show(status, context.photos.url))


def _show(status: PhotoStatus, photos_url: str) -> ItemPhotoModel:
    return ItemPhotoModel(
        item_id=status.item_id,
        state=status.state,
        reason=status.reason,
        needs_consent=status.held is not None,
        photo=None if status.photo is None else show_photo(status.photo, photos_url),
        uploads=[_show_upload(upload, photos_url) for upload in status.uploads],
    )


def _show_upload(upload: Upload, photos_url: str) -> UploadModel:
    return UploadModel(
        sequencer=upload.sequencer,
        version_id=upload.version_id,
        at=upload.at,
        state=upload.state,
        reason=upload.reason,
        photo=None if upload.photo is None else show_photo(upload.photo, photos_url),
    )


def _base(request: web.Request, context: CashierContext) -> str:
    """Return the shop's URL as the caller reaches it: clients cannot know whose a path would be.

    Behind a proxy that ends TLS, the scheme is the public URL's.
    """
    host = request.headers.get(hdrs.HOST, "")
    if not _HOST.fullmatch(host):
        raise Problem(INVALID_REQUEST, "send the shop's name as Host")
    public = context.photos.shop_url
    if public is not None and urlsplit(public).netloc.lower() == host.lower():
        return public.rstrip("/")
    return f"{request.scheme}://{host}"
