"""The page `/newsletters`: what there is to subscribe to, and where to sign up by mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from aiohttp import web

from notifier.context import NOTIFIER
from notifier.http.pages.shell import SHELL
from shared.messages.announcement import ORDER_EVENTS
from shared.messages.topics import BUILT_IN_TOPICS
from shared.web.pages.shell import Page, page_operation

NEWSLETTERS = Page(
    path="/newsletters",
    template="newsletters.html",
    title="newsletters.title",
    module="newsletters_page.js",
    texts=("signup",),
)

TOPIC_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "coupons": ("newsletters.coupons", "newsletters.about_coupons"),
        "coffee-trivia": ("newsletters.trivia", "newsletters.about_trivia"),
        "new-products": ("newsletters.products", "newsletters.about_products"),
    }
)
"""The name and the description of the topics that every shop has, in the reader's language."""


@dataclass(frozen=True, slots=True)
class ShownTopic:
    """A newsletter as pages show it: with the keys of its texts where the shop has some."""

    name: str
    description: str
    title: str | None
    about: str | None


async def show_newsletters(request: web.Request) -> web.StreamResponse:
    """Send the page; a shop's own topics are shown as its staff named and described them."""
    return await SHELL.response(request, NEWSLETTERS, topics=await shown_topics(request))


async def shown_topics(request: web.Request) -> Sequence[ShownTopic]:
    """List the newsletters; raises StoreUnavailableError."""
    topics = await request.app[NOTIFIER].topics.get()
    return [
        ShownTopic(name, description, *_texts_of(name, description))
        for name, description in topics.items()
        if name != ORDER_EVENTS
    ]


def topic_title(name: str, language: str) -> str:
    """Name a newsletter in a language; one of the shop's own has its name alone."""
    title, _ = TOPIC_TEXTS.get(name, (None, None))
    return SHELL.catalogues.text(language, title) if title else name


def _texts_of(name: str, description: str) -> tuple[str | None, str | None]:
    """Return the keys of a topic's texts; a description of the staff's own goes first."""
    title, about = TOPIC_TEXTS.get(name, (None, None))
    return title, about if description == BUILT_IN_TOPICS.get(name) else None


get_newsletters_page = page_operation(NEWSLETTERS, show_newsletters)
"""The operation of the page."""
