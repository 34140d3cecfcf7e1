"""The shell around every page: its head, the bar with the shop's name, and the texts it needs."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType

from aiohttp import hdrs, web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.domain.staff import StaffRole
from shared.web.caller import CALLER
from shared.web.operation import Handler, Operation, Response, Role
from shared.web.pages.assets import SHARED_ASSETS, Assets
from shared.web.pages.languages import QUERY, keep_choice, page_language
from shared.web.pages.texts import LANGUAGE_NAMES, LANGUAGES, Catalogues

_HERE = Path(__file__).parent
_SHORTEST = {"ensure_ascii": False, "separators": (",", ":")}
"""How data is written into pages: letters as they are, and no spaces."""

SHARED_SECTIONS = ("connection", "problem", "dialog", "toast")
"""The texts that the shared modules use."""

NAVIGATION: Mapping[str, Sequence[tuple[str, str]]] = MappingProxyType(
    {
        "customers": (
            ("/", "nav.home"),
            ("/board", "nav.board"),
            ("/newsletters", "nav.newsletters"),
        ),
        "staff": (
            ("/staff", "nav.kitchen"),
            ("/staff/menu", "nav.menu"),
            ("/staff/shop", "nav.shop"),
            ("/staff/report", "nav.report"),
            ("/staff/operations", "nav.operations"),
            ("/staff/newsletters", "nav.newsletters"),
            ("/staff/keys", "nav.keys"),
            ("/board", "nav.board"),
            ("/staff/sign-in", "nav.account"),
        ),
        "none": (),
    }
)
"""The links in the bar of each kind of page: address and text."""

FOR_MANAGERS = frozenset(
    {"/staff/report", "/staff/operations", "/staff/newsletters", "/staff/keys"}
)
"""Pages that a barista's key does not open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a service: what its shell needs to know.

    Its `module` and its `stylesheets` are assets of its service; a style sheet that several share
    is named as in `/assets/chart.css`. `texts` are the sections of the catalogue that its modules
    use. `layout` is `page`, or `full` for one that fills the screen.
    """

    path: str
    template: str
    title: str
    module: str | None = None
    stylesheets: Sequence[str] = ()
    texts: Sequence[str] = ()
    navigation: str = "customers"
    layout: str = "page"


@dataclass(frozen=True, slots=True)
class ShopFace:
    """What every page shows of the shop. It is what it is when settings cannot be read."""

    name: str = "Coffee shop"
    languages: Sequence[str] = LANGUAGES
    timezone: str | None = None
    """In which pages write times (IANA); the browser's own where it is not known."""


FaceOf = Callable[[web.Request], Awaitable[ShopFace]]
"""Reads what a page shows of the shop."""


async def unnamed(_: web.Request) -> ShopFace:
    """Show no shop in particular."""
    return ShopFace()


@dataclass(frozen=True)
class Shell:
    """Renders the pages of one service, whose folder has `templates`, `texts` and `assets`.

    `root` is where the assets are served.
    """

    folder: Path
    root: str
    face: FaceOf = unnamed

    @functools.cached_property
    def assets(self) -> Assets:
        """The assets of the service."""
        return Assets(self.root, self.folder / "assets", (SHARED_ASSETS,))

    @functools.cached_property
    def catalogues(self) -> Catalogues:
        """The texts of the service, and those that all share."""
        return Catalogues((_HERE / "texts", self.folder / "texts"))

    @functools.cached_property
    def _environment(self) -> Environment:
        environment = Environment(
            loader=FileSystemLoader([self.folder / "templates", _HERE / "templates"]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.policies["json.dumps_kwargs"] = _SHORTEST
        environment.globals |= {"asset": self._url, "shared_asset": SHARED_ASSETS.url}
        return environment

    def operations(self, *pages: Page) -> list[Operation]:
        """Make the operations that serve pages without `data`, and the assets, to anyone."""
        return [*map(self.operation, pages), self.assets.operation()]

    def operation(self, page: Page) -> Operation:
        """Make the operation that serves a page without `data` to anyone."""

        async def show(request: web.Request) -> web.StreamResponse:
            return await self.response(request, page)

        return page_operation(page, show)

    async def response(
        self,
        request: web.Request,
        page: Page,
        *,
        data: Mapping[str, object] | None = None,
        status: HTTPStatus = HTTPStatus.OK,
        **values: object,
    ) -> web.Response:
        """Render a page in the language of its reader.

        Its template has `values`; its modules read `data`, which is sent as JSON.
        """
        shop = await self.face(request)
        language = page_language(request, shop.languages)
        url = request.rel_url
        switch = [
            (other, LANGUAGE_NAMES[other], str(url.update_query({QUERY: other})))
            for other in shop.languages
        ]
        html = self._environment.get_template(page.template).render(
            page=page,
            language=language,
            shop=shop,
            switch=switch,
            navigation=_links(request, page),
            path=url.path,
            shared={
                "texts": self._texts(page, language),
                "timezone": shop.timezone,
                **(data or {}),
            },
            stylesheets=[*map(self._url, ("/assets/design.css", *page.stylesheets))],
            module=page.module and self._url(page.module),
            preloads=[*self.assets.imports(page.module)] if page.module else [],
            t=functools.partial(self.catalogues.text, language),
            **values,
        )
        response = web.Response(text=html, content_type="text/html", status=status)
        response.headers[hdrs.CACHE_CONTROL] = "no-cache"
        keep_choice(request, response, language)
        return response

    def _url(self, name: str) -> str:
        folder, _, shared = name.rpartition("/")
        return SHARED_ASSETS.url(shared) if folder == SHARED_ASSETS.root else self.assets.url(name)

    def _texts(self, page: Page, language: str) -> Mapping[str, object]:
        sections = self.catalogues.sections(language)
        return {name: sections[name] for name in (*SHARED_SECTIONS, *page.texts)}


def _links(request: web.Request, page: Page) -> Sequence[tuple[str, str]]:
    """List the links of the bar, without those that the reader's key does not open."""
    key = request.get(CALLER)
    is_barista = key is not None and key.role is StaffRole.BARISTA
    links = NAVIGATION[page.navigation]
    return [one for one in links if not (is_barista and one[0] in FOR_MANAGERS)]


def page_operation(page: Page, handler: Handler) -> Operation:
    """Make the operation of a page that `handler` answers with, for anyone: it holds no secrets."""
    return Operation(
        method=hdrs.METH_GET,
        path=page.path,
        summary="A page",
        handler=handler,
        responses={HTTPStatus.OK: Response("The page", media_type="text/html")},
        role=Role.ANYONE,
        tag="pages",
        documented=False,
        turns=True,
    )
