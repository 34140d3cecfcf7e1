"""All photos of the menu's items, and what is seen in them, for staff."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel

from producer.context import CASHIER
from producer.http.menu import PhotoModel, show_photo
from producer.photos.status import ListedPhoto, PhotoState
from shared.domain.photo import Photo
from shared.web.body import json_response
from shared.web.operation import Response, Role, operation
from shared.web.problem import UNAVAILABLE


class AnalysisModel(BaseModel):
    """What is seen in a picture; `same_as` are other items whose picture looks the same."""

    size: int
    color: str
    likeness: str
    labels: list[str]
    flags: list[str]
    same_as: list[str]


class ListedPhotoModel(BaseModel):
    """What became of an item's newest upload, and its newest picture: on the menu, or held."""

    item_id: str
    state: PhotoState
    reason: str | None
    needs_consent: bool
    photo: PhotoModel | None
    analysis: AnalysisModel | None


class PhotoList(BaseModel):
    """All items that have had an upload, by item id."""

    photos: list[ListedPhotoModel]


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
    context = request.app[CASHIER].photos
    photos = [_shown(listed, context.url) for listed in await context.service.listed()]
    return json_response(PhotoList(photos=photos))


def _shown(listed: ListedPhoto, photos_url: str) -> ListedPhotoModel:
    status, photo = listed.status, listed.photo
    return ListedPhotoModel(
        item_id=status.item_id,
        state=status.state,
        reason=status.reason,
        needs_consent=status.held is not None,
        photo=photo and show_photo(photo, photos_url),
        analysis=photo and _analysis(photo, listed.same_as),
    )


def _analysis(photo: Photo, same_as: Sequence[str]) -> AnalysisModel:
    return AnalysisModel(
        size=photo.size,
        color=photo.color,
        likeness=photo.likeness,
        labels=list(photo.labels),
        flags=list(photo.flags),
        same_as=list(same_as),
    )
