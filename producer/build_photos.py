"""Builds what uploads, serves and lists the photos of the menu."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Sequence

from producer.context import PhotoContext
from producer.menu.service import MenuService
from producer.photos.events import UploadEvents
from producer.photos.files import PhotoFiles
from producer.photos.forms import FormOf, UploadForms
from producer.photos.opening import OpeningPhotos
from producer.photos.requeuer import UploadRequeuer
from producer.photos.retention import PhotoRetention
from producer.photos.service import photo_service
from producer.photos.uploads import UploadReceiver
from producer.settings import CashierSettings
from shared.aws.clients import AwsClients
from shared.aws.names import Names
from shared.aws.queues import open_photos_queue, wait_for_queues
from shared.clock import utc_now
from shared.photos.contract import UploadForm
from shared.photos.factory import open_photo_store
from shared.photos.files import FilePhotoStore
from shared.photos.s3 import S3PhotoStore
from shared.runtime.lifecycle import background_task
from shared.store.contract import Store, ValueKey


@contextlib.asynccontextmanager
async def build_photos(
    settings: CashierSettings, clients: AwsClients, store: Store, lost: asyncio.Event
) -> AsyncIterator[PhotoContext]:
    """Build the photos' part of the context; in S3, uploads go there by themselves.

    `lost` is set when the queue of uploads may have lost what was in it.
    """
    async with open_photo_store(settings, clients) as files, _retention(store, files):
        if isinstance(files, S3PhotoStore):
            yield _context(settings, store, files, _in_bucket(files), None)
            return
        names = Names(settings.name_prefix)
        await wait_for_queues(clients, names.photos)
        async with open_photos_queue(clients, names) as queue:
            events = UploadEvents(queue, settings.store_id)
            uploads = await _receiver(settings, store, files, events, lost)
            requeuer = UploadRequeuer(files=files, events=events, clock=utc_now)
            async with background_task(requeuer.run(lost), "upload requeuer"):
                yield _context(settings, store, files, _to_us(uploads.forms), uploads)


def _retention(
    store: Store, files: FilePhotoStore | S3PhotoStore
) -> contextlib.AbstractAsyncContextManager[object]:
    retention = PhotoRetention(records=store, photos=files, clock=utc_now)
    return background_task(retention.run(), "photo retention")


def opening_photos(context: PhotoContext, menu: MenuService) -> OpeningPhotos:
    """Build what gives the menu's items the photos that come with the shop."""

    async def item_ids() -> Sequence[str]:
        return [item.id for item in (await menu.current()).value.items]

    service = context.service
    return OpeningPhotos(
        store=service.records, photos=service.files, item_ids=item_ids, clock=utc_now
    )


async def _receiver(
    settings: CashierSettings,
    store: Store,
    files: FilePhotoStore,
    events: UploadEvents,
    lost: asyncio.Event,
) -> UploadReceiver:
    secret = await store.get_or_set_value(ValueKey.LINK_SECRET, secrets.token_urlsafe(32))
    return UploadReceiver(
        forms=UploadForms(secret, settings.store_id, utc_now),
        files=files,
        folder=settings.state_dir,
        records=store,
        events=events,
        lost=lost,
    )


def _context(
    settings: CashierSettings,
    store: Store,
    files: FilePhotoStore | S3PhotoStore,
    form: FormOf,
    uploads: UploadReceiver | None,
) -> PhotoContext:
    return PhotoContext(
        service=photo_service(store, files),
        files=PhotoFiles(files),
        form=form,
        uploads=uploads,
        url=(settings.photos_url or "").rstrip("/"),
        shop_url=settings.public_url,
    )


def _in_bucket(files: S3PhotoStore) -> FormOf:
    async def form(item_id: str, _: str) -> UploadForm:
        return await files.form(item_id)

    return form


def _to_us(forms: UploadForms) -> FormOf:
    async def form(item_id: str, base: str) -> UploadForm:
        return forms.form(item_id, base)

    return form
