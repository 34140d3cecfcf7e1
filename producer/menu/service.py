"""The menu that counts: opened with the first start's file, changed and restored by version."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import structlog
from pydantic import BaseModel, ValidationError

from producer.documents.document import Document, Read
from producer.menu.changes import changes, in_a_line
from producer.menu.document import MenuDocument, parse_menu
from shared.clock import Clock
from shared.domain.menu import Menu
from shared.domain.staff import MENU_FILE
from shared.store.contract import OrderStore
from shared.store.document_contract import (
    DocumentChangedError,
    DocumentKind,
    DocumentStore,
    DocumentVersion,
)

CurrentMenu: TypeAlias = Callable[[], Awaitable[Read[Menu]]]
"""Gives the menu that counts, and its version; at most a second old."""

_UNREADABLE = "another release has made this, and this one cannot read it"

log = structlog.stdlib.get_logger(__name__)


class MenuStore(DocumentStore, OrderStore, Protocol):
    """Where menus are kept, and the orders in their currency."""


class CurrencyFixedError(Exception):
    """There are orders in another currency than the menu's is to be."""


class NoSuchVersionError(Exception):
    """The menu never had that version."""


class UnreadableVersionError(Exception):
    """That version of the menu was recorded by another release, and this one cannot read it."""


class _Priced(BaseModel):
    """What a menu has in every release."""

    currency: str


@dataclass(frozen=True, slots=True)
class ChangedMenu:
    """A version of the menu, and what it changed, in a line."""

    version: DocumentVersion
    changes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuService:
    """The menu of one shop."""

    document: Document[MenuDocument]
    orders: OrderStore

    async def open_with(self, file: MenuDocument) -> None:
        """Record the file as the first version; later, log it once if it says something else."""
        body = file.json_text()
        try:
            await self.document.put(file, body, MENU_FILE, expected={0})
        except DocumentChangedError:
            first = await self.document.versions(1, before=2)
            if not any(version.body == body for version in first):
                log.warning("menu.file_not_used", use="coffeeshop menu import")

    async def current(self) -> Read[Menu]:
        """Give the menu that counts; a change by another process is seen within a second."""
        read = await self.document.get()
        return Read(read.version, read.value.menu)

    async def put(
        self, menu: MenuDocument, by: str, expected: Collection[int] | None
    ) -> Read[MenuDocument]:
        """Record a menu without faults as the next version.

        Raises DocumentChangedError when the newest is not an `expected` one, and
        CurrencyFixedError.
        """
        return await self._put(menu, menu.json_text(), by, expected)

    async def restore(
        self, version: int, by: str, expected: Collection[int] | None
    ) -> Read[MenuDocument]:
        """Record an old version once more, as the newest; it may be the only readable one.

        Raises NoSuchVersionError, UnreadableVersionError, and what `put` raises.
        """
        found = await self.document.versions(1, before=version + 1)
        if not found or found[0].version != version:
            raise NoSuchVersionError
        menu = self._parsed(found[0])
        if menu is None:
            raise UnreadableVersionError
        return await self._put(menu, found[0].body, by, expected)

    async def versions(self, limit: int, before: int | None) -> Sequence[ChangedMenu]:
        """List versions and what each changed, the newest first; of those before one, if given."""
        found = await self.document.versions(limit + 1, before)
        # Parsing a menu of 200 items takes milliseconds, and orders come in meanwhile.
        return (await asyncio.to_thread(self._compared, found))[:limit]

    def _compared(self, found: Sequence[DocumentVersion]) -> Sequence[ChangedMenu]:
        """Compare each version with the one before it.

        The last one counts as the first ever, and so does one after a version that is unreadable.
        """
        menus = [self._parsed(version) for version in found]
        older = [*menus[1:], None]
        return [
            ChangedMenu(version, in_a_line(changes(older[place], menu)) if menu else _UNREADABLE)
            for place, (version, menu) in enumerate(zip(found, menus, strict=True))
        ]

    def _parsed(self, version: DocumentVersion) -> MenuDocument | None:
        try:
            return self.document.parse(version.body)
        except ValidationError:
            return None

    async def _put(
        self, menu: MenuDocument, body: str, by: str, expected: Collection[int] | None
    ) -> Read[MenuDocument]:
        (newest,) = await self.document.versions(1)
        currency = _Priced.model_validate_json(newest.body).currency
        if menu.currency != currency and await self.has_orders():
            raise CurrencyFixedError(
                f"there are orders in {currency}, so that the menu stays in it"
            )
        return await self.document.put(menu, body, by, expected)

    async def has_orders(self) -> bool:
        """Tell whether there are orders, so that the currency stays."""
        cursor = None
        while True:
            page = await self.orders.page(None, 1, cursor)
            if page.orders:
                return True
            cursor = page.next_cursor
            if cursor is None:
                return False


async def open_menu(store: MenuStore, file: MenuDocument, clock: Clock) -> MenuService:
    """Open the shop's menu, with the menu file on the first start."""
    document = Document(
        kind=DocumentKind.MENU,
        store=store,
        parse=parse_menu,
        initial=file.json_text(),
        clock=clock,
    )
    menu = MenuService(document=document, orders=store)
    await menu.open_with(file)
    return menu
