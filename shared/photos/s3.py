"""The photo store in a versioned bucket of S3: each upload is a version of its item's object."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from shared.domain.photo import LARGEST_UPLOAD
from shared.messages.photo_event import upload_key
from shared.photos.contract import (
    FOR_EVER,
    FORM_SECONDS,
    PhotosUnavailableError,
    Rendition,
    StoredPhoto,
    UploadedFile,
    UploadForm,
)
from shared.photos.names import (
    MOST_LISTED,
    check_item,
    check_rendition,
    is_item,
    is_rendition,
    is_version,
    photos_key,
    rendition_key,
)
from shared.photos.s3_errors import GONE, broken_upload, expecting, s3_call

if TYPE_CHECKING:
    from aiobotocore.response import StreamingBody
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_s3.type_defs import (
        GetObjectRequestTypeDef,
        ObjectIdentifierTypeDef,
        ObjectVersionTypeDef,
    )

_FILE_SECONDS = 15.0
"""How long S3 may take for a whole upload, or for all renditions of a photo."""


class S3PhotoStore:
    """The uploads and photos of one shop, in a bucket that `provision_photos` has prepared.

    A version id is S3's own. Nothing has a name that is not one of its kind: to read it finds
    nothing, to write it raises ValueError.
    """

    def __init__(self, s3: S3Client, bucket: str, store_id: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._store_id = store_id

    async def form(self, item_id: str) -> UploadForm:
        """Sign a form by which a browser posts one item's photo, of 1 to LARGEST_UPLOAD bytes.

        Amazon S3 API Reference, "Browser-Based Uploads Using POST (AWS Signature Version 4)".
        """
        check_item(item_id)
        async with s3_call():
            signed = await self._s3.generate_presigned_post(
                Bucket=self._bucket,
                Key=upload_key(self._store_id, item_id),
                Conditions=[["content-length-range", 1, LARGEST_UPLOAD]],
                ExpiresIn=FORM_SECONDS,
            )
        return UploadForm(signed["url"], signed["fields"])

    async def check(self) -> None:
        """Check that the bucket can be read."""
        async with s3_call():
            await self._s3.head_bucket(Bucket=self._bucket)

    async def uploads(self, item_id: str | None = None) -> Sequence[UploadedFile]:
        """List up to 1,000 uploads, of one item or of all, the oldest first.

        S3 lists by key, and each key's newest version first: beyond 1,000, older ones are missing.
        """
        if item_id is not None and not is_item(item_id):
            return ()
        async with s3_call():
            answer = await self._s3.list_object_versions(
                Bucket=self._bucket,
                Prefix=upload_key(self._store_id, item_id or ""),
                MaxKeys=MOST_LISTED,
            )
        found = [
            _uploaded(each)
            for each in reversed(answer.get("Versions", []))
            if item_id is None or each["Key"] == upload_key(self._store_id, item_id)
        ]
        return sorted((each for each in found if is_item(each.item_id)), key=lambda each: each.at)

    async def read_upload(self, item_id: str, version_id: str) -> bytes | None:
        """Read an upload; of one that is too large, a byte more than LARGEST_UPLOAD."""
        if not (is_item(item_id) and is_version(version_id)):
            return None
        with broken_upload():
            return await self._read(upload_key(self._store_id, item_id), version_id)

    async def delete_upload(self, item_id: str, version_id: str) -> None:
        """Delete a version for good, if it is there."""
        if is_item(item_id) and is_version(version_id):
            with broken_upload():
                await self._delete(upload_key(self._store_id, item_id), version_id)

    async def put(self, photo: str, renditions: Sequence[Rendition]) -> None:
        """Put all renditions, with the headers that they are served with.

        Also those that are there: each is a new version, which no `delete` takes away that has
        listed the photo before.
        """
        for each in renditions:
            check_rendition(photo, each.name)
        async with s3_call(_FILE_SECONDS):
            await asyncio.gather(*(self._put(photo, each) for each in renditions))

    async def get(self, photo: str, name: str) -> bytes | None:
        """Read a rendition, if there is one."""
        if not is_rendition(photo, name):
            return None
        return await self._read(rendition_key(self._store_id, photo, name))

    async def photos(self, after: str = "", most: int = MOST_LISTED) -> Sequence[StoredPhoto]:
        """List the photos in a page of `most` versions, by hash, after that one."""
        prefix = f"{photos_key(self._store_id)}/"
        async with s3_call():
            answer = await self._s3.list_object_versions(
                Bucket=self._bucket,
                Prefix=prefix,
                KeyMarker=f"{prefix}{after}0",  # it comes after "/", and before other hashes
                MaxKeys=most,
            )
        found = _stored(answer.get("Versions", []), prefix)
        return found[:-1] if answer["IsTruncated"] and len(found) > 1 else found

    async def delete(self, photo: StoredPhoto) -> None:
        """Delete the versions that were listed; one that was put since is the current one."""
        if not photo.versions:
            return
        objects: list[ObjectIdentifierTypeDef] = [
            {"Key": key, "VersionId": version} for key, version in photo.versions
        ]
        async with s3_call(_FILE_SECONDS):
            answer = await self._s3.delete_objects(
                Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True}
            )
        for error in answer.get("Errors", []):
            raise PhotosUnavailableError(f"S3 did not delete {error.get('Key')}: {error['Code']}")

    async def _put(self, photo: str, rendition: Rendition) -> None:
        await self._s3.put_object(
            Bucket=self._bucket,
            Key=rendition_key(self._store_id, photo, rendition.name),
            Body=rendition.body,
            ContentType=rendition.media_type,
            CacheControl=FOR_EVER,
        )

    async def _delete(self, key: str, version_id: str) -> None:
        async with s3_call():
            with expecting(GONE):
                await self._s3.delete_object(Bucket=self._bucket, Key=key, VersionId=version_id)

    async def _read(self, key: str, version_id: str | None = None) -> bytes | None:
        whole: GetObjectRequestTypeDef = {"Bucket": self._bucket, "Key": key}
        if version_id is not None:
            whole["VersionId"] = version_id
        content = None
        async with s3_call(_FILE_SECONDS):
            with expecting(GONE):
                answer = await self._s3.get_object(**whole)
                async with answer["Body"] as stream:
                    content = await _bounded(stream)
        return content


async def _bounded(stream: StreamingBody) -> bytes:
    """Read up to a byte more than LARGEST_UPLOAD: a read may give less than it was asked for."""
    content = bytearray()
    while len(content) <= LARGEST_UPLOAD:
        chunk = await stream.read(LARGEST_UPLOAD + 1 - len(content))
        if not chunk:
            break
        content += chunk
    return bytes(content)


def _stored(versions: Iterable[ObjectVersionTypeDef], prefix: str) -> Sequence[StoredPhoto]:
    found: dict[str, list[ObjectVersionTypeDef]] = {}
    for version in versions:
        photo, _, name = version["Key"].removeprefix(prefix).partition("/")
        if is_rendition(photo, name):
            found.setdefault(photo, []).append(version)
    return [
        StoredPhoto(
            photo,
            max(each["LastModified"] for each in its).astimezone(dt.UTC),
            tuple((each["Key"], each["VersionId"]) for each in its),
        )
        for photo, its in found.items()
    ]


def _uploaded(version: ObjectVersionTypeDef) -> UploadedFile:
    return UploadedFile(
        item_id=version["Key"].rpartition("/")[2],
        version_id=version["VersionId"],
        size=version["Size"],
        at=version["LastModified"].astimezone(dt.UTC),
    )
