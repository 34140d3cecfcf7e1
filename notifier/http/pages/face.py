"""What pages show of the shop, as the settings have it that the cashier keeps."""

from __future__ import annotations

from pydantic import BaseModel

from shared.store.document_contract import DocumentKind, DocumentStore
from shared.web.pages.shell import ShopFace
from shared.web.pages.texts import LANGUAGES


class _Settings(BaseModel):
    """The part of the recorded settings that every page shows."""

    name: str = ShopFace().name
    languages: list[str] = [*LANGUAGES]


async def recorded_face(store: DocumentStore, timezone: str | None = None) -> ShopFace:
    """Read the newest settings; raises StoreUnavailableError."""
    found = await store.document(DocumentKind.SETTINGS)
    settings = _Settings() if found is None else _Settings.model_validate_json(found.body)
    known = [language for language in settings.languages if language in LANGUAGES]
    return ShopFace(settings.name, known or LANGUAGES, timezone)
