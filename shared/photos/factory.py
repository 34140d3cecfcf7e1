"""How a service opens the photo store that its settings name."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from shared.aws.clients import AwsClients
from shared.photos.contract import PhotosUnavailableError
from shared.photos.files import FilePhotoStore
from shared.photos.s3 import S3PhotoStore
from shared.runtime.settings import ServiceSettings
from shared.runtime.startup import StartupError


@contextlib.asynccontextmanager
async def open_photo_store(
    settings: ServiceSettings, clients: AwsClients
) -> AsyncIterator[FilePhotoStore | S3PhotoStore]:
    """Open the bucket, or the folder in the state folder, as the settings say.

    Raises StartupError when the folder cannot be used, and ValueError when there is a bucket and
    no client for it.
    """
    if settings.photos_bucket is None:
        store = FilePhotoStore(
            settings.photos_dir, settings.store_id, with_parents=not settings.state_is_made
        )
        try:
            await store.open()
        except PhotosUnavailableError as error:
            raise StartupError(f"{settings.photos_dir} cannot be opened: {error}") from error
        yield store
    elif clients.s3 is None:
        raise ValueError("the settings name a bucket, and there is no client for it")
    else:
        yield S3PhotoStore(clients.s3, settings.photos_bucket, settings.store_id)
