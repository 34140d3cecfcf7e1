"""The photo store in a versioned bucket of S3: each upload is a version of its item's object."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.aws.clients import CALL_SECONDS, AwsUnavailableError, aws_call
from shared.domain.photo import LARGEST_UPLOAD
from shared.messages.photo_event import upload_key
from shared.photos.contract import (
    BrokenUploadError,
    PhotosUnavailableError,
    Rendition,
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
    rendition_key,
)

if TYPE_CHECKING:
    from aiobotocore.response import StreamingBody
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_s3.type_defs import GetObjectRequestTypeDef, ObjectVersionTypeDef

FORM_SECONDS = 600
"""How long a form may be posted."""

FOR_EVER = "public, max-age=31536000, immutable"
"""A rendition never changes: its address has the hash of what it was made of."""

_FILE_SECONDS = 15.0
"""How long S3 may take for a whole upload, or for all renditions of a photo."""

_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "InvalidArgument"})
"""InvalidArgument: the version id is no version's."""

_BROKEN = frozenset({"AccessDenied", "InvalidObjectState"})
"""What one object can have, beside errors of its key, `KMS.…`: its owner, or an archive's tier."""

_TAKEN = frozenset({"PreconditionFailed"})


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
        async with _s3_call():
            signed = await self._s3.generate_presigned_post(
                Bucket=self._bucket,
                Key=upload_key(self._store_id, item_id),
                Conditions=[["content-length-range", 1, LARGEST_UPLOAD]],
                ExpiresIn=FORM_SECONDS,
            )
        return UploadForm(signed["url"], signed["fields"])

    async def check(self) -> None:
        """Check that the bucket can be read."""
        async with _s3_call():
            await self._s3.head_bucket(Bucket=self._bucket)

    async def uploads(self, item_id: str | None = None) -> Sequence[UploadedFile]:
        """List up to 1,000 uploads, of one item or of all, the oldest first.

        S3 lists by key, and each key's newest version first: beyond 1,000, older ones are missing.
        """
        if item_id is not None and not is_item(item_id):
            return ()
        async with _s3_call():
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
        with _broken():
            return await self._read(upload_key(self._store_id, item_id), version_id)

    async def delete_upload(self, item_id: str, version_id: str) -> None:
        """Delete a version for good, if it is there."""
        if is_item(item_id) and is_version(version_id):
            with _broken():
                await self._delete(upload_key(self._store_id, item_id), version_id)

    async def put(self, photo: str, renditions: Sequence[Rendition]) -> None:
        """Put the renditions that are missing, with the headers that they are served with."""
        for each in renditions:
            check_rendition(photo, each.name)
        async with _s3_call(_FILE_SECONDS):
            await asyncio.gather(*(self._put(photo, each) for each in renditions))

    async def get(self, photo: str, name: str) -> bytes | None:
        """Read a rendition, if there is one."""
        if not is_rendition(photo, name):
            return None
        return await self._read(rendition_key(self._store_id, photo, name))

    async def _put(self, photo: str, rendition: Rendition) -> None:
        with _expecting(_TAKEN):
            await self._s3.put_object(
                Bucket=self._bucket,
                Key=rendition_key(self._store_id, photo, rendition.name),
                Body=rendition.body,
                ContentType=rendition.media_type,
                CacheControl=FOR_EVER,
                IfNoneMatch="*",
            )

    async def _delete(self, key: str, version_id: str) -> None:
        async with _s3_call():
            with _expecting(_GONE):
                await self._s3.delete_object(Bucket=self._bucket, Key=key, VersionId=version_id)

    async def _read(self, key: str, version_id: str | None = None) -> bytes | None:
        whole: GetObjectRequestTypeDef = {"Bucket": self._bucket, "Key": key}
        if version_id is not None:
            whole["VersionId"] = version_id
        content = None
        async with _s3_call(_FILE_SECONDS):
            with _expecting(_GONE):
                answer = await self._s3.get_object(**whole)
                async with answer["Body"] as stream:
                    content = await _bounded(stream)
        return content


@contextlib.asynccontextmanager
async def _s3_call(seconds: float = CALL_SECONDS) -> AsyncIterator[None]:
    try:
        async with aws_call("S3", seconds):
            yield
    except AwsUnavailableError as error:
        raise PhotosUnavailableError(str(error)) from error


@contextlib.contextmanager
def _broken() -> Iterator[None]:
    """Raise BrokenUploadError for an error that one object alone can have."""
    try:
        yield
    except PhotosUnavailableError as error:
        aws = error.__cause__
        cause = aws.__cause__ if aws else None
        code = _code(cause) if isinstance(cause, ClientError) else ""
        if code in _BROKEN or (code.startswith("KMS.") and "Throttl" not in code):
            raise BrokenUploadError(code) from error
        raise


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


@contextlib.contextmanager
def _expecting(codes: Collection[str]) -> Iterator[None]:
    """End the block quietly when S3 refuses a request with one of these codes."""
    try:
        yield
    except ClientError as error:
        if _code(error) not in codes:
            raise


async def _bounded(stream: StreamingBody) -> bytes:
    """Read up to a byte more than LARGEST_UPLOAD: a read may give less than it was asked for."""
    content = bytearray()
    while len(content) <= LARGEST_UPLOAD:
        chunk = await stream.read(LARGEST_UPLOAD + 1 - len(content))
        if not chunk:
            break
        content += chunk
    return bytes(content)


def _uploaded(version: ObjectVersionTypeDef) -> UploadedFile:
    return UploadedFile(
        item_id=version["Key"].rpartition("/")[2],
        version_id=version["VersionId"],
        size=version["Size"],
        at=version["LastModified"].astimezone(dt.UTC),
    )
