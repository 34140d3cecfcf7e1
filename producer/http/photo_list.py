"""All photos of the menu's items, and what is seen in them, for staff."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel

from producer.context import CASHIER
from producer.http.menu import PhotoModel, show_photo
from producer.photos.status import ListedPhoto
from shared.domain.photo import Photo
from shared.web.body import json_response
from shared.web.operation import Response, Role, operation
from shared.web.problem import UNAVAILABLE


class AnalysedPhotoModel(BaseModel):
    """The newest picture of an item, which is on the menu or held, and what is seen in it.

    `same_as` are other items whose picture looks the same, and `size` is in bytes.
    """

    item_id: str
    shown: bool
    needs_consent: bool
    photo: PhotoModel
    size: int
    color: str
    likeness: str
    labels: list[str]
    flags: list[str]
    same_as: list[str]


class PhotoList(BaseModel):
    """All photos, by item id."""

    photos: list[AnalysedPhotoModel]


@operation(
    "GET",
    "/menu/photos",
    "List all photos, and what is seen in them",
    role=Role.BARISTA,
    responses={HTTPStatus.OK: Response("The photos", PhotoList)},
    errors=(UNAVAILABLE,),
    tag="photos",
)
async def list_photos(request: web.Request) -> web.Response:
    """List the photos of all items."""
    context = request.app[CASHIER]
    photos = [
        _analysed(listed, listed.photo, context.photos.url)
        for listed in await context.photos.service.listed()
        if listed.photo is not None
    ]
    return json_response(PhotoList(photos=photos))


def _analysed(listed: ListedPhoto, photo: Photo, photos_url: str) -> AnalysedPhotoModel:
    is_shown = photo == listed.record.shown
    return AnalysedPhotoModel(
        item_id=listed.record.item_id,
        shown=is_shown,
        needs_consent=not is_shown,
        photo=show_photo(photo, photos_url),
        size=photo.size,
        color=photo.color,
        likeness=photo.likeness,
        labels=list(photo.labels),
        flags=list(photo.flags),
        same_as=list(listed.same_as),
    )
