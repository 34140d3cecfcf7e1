"""Takes the pictures of views: in each width, language and colour scheme."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser

from gallery.views import View
from shared.web.pages.texts import LANGUAGES
from tests.support.looking import SCHEMES, Scheme, looking
from tests.support.shop import RunningShop

WIDTHS = (390, 820, 1440)

_LOAD_ALL = """() => Promise.all(Array.from(document.images, (image) => {
  image.loading = "eager";
  return image.decode().catch(() => undefined);
}))"""
"""Pictures below the window are not loaded until somebody scrolls."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A view as it was looked at."""

    view: str
    width: int
    language: str
    scheme: Scheme

    @property
    def path(self) -> Path:
        """Its file, in the folder of all pictures."""
        return Path(self.view, f"{self.width}-{self.language}-{self.scheme}.png")


async def take(
    shop: RunningShop, browser: Browser, views: Sequence[View], folder: Path
) -> AsyncIterator[Picture]:
    """Write the pictures of all views into a folder; give each as soon as it is there."""
    for view, width, language in itertools.product(views, WIDTHS, LANGUAGES):
        key = shop.staff_key if view.is_for_staff else None
        async with looking(
            browser, f"{shop.url}{view.path}", width=width, language=language, staff_key=key
        ) as look:
            if not view.shows_waiting:
                await look.is_settled()
            await look.page.evaluate(_LOAD_ALL)
            if view.act:
                await view.act(look.page)
            for scheme in SCHEMES:
                await look.show_in(scheme)
                picture = Picture(view.name, width, language, scheme)
                path = folder / picture.path
                path.parent.mkdir(parents=True, exist_ok=True)
                await look.page.screenshot(path=path, full_page=view.act is None)
                yield picture


def contact_sheet(pictures: Iterable[Picture]) -> str:
    """Write the page on which all pictures are, each a link to itself."""
    figures = "\n".join(
        f'<figure><a href="{one.path}"><img src="{one.path}" loading="lazy" alt=""></a>'
        f"<figcaption>{one.view} · {one.width} · {one.language} · {one.scheme}</figcaption>"
        "</figure>"
        for one in pictures
    )
    return (
        '<!doctype html><meta charset="utf-8"><title>Pages</title><style>'
        "body{font:14px sans-serif;display:flex;flex-wrap:wrap;gap:16px;background:#ddd}"
        "figure{margin:0}img{height:420px;border:1px solid #999}</style>\n" + figures + "\n"
    )
