"""The page `/o/{id}`: an order as its customer follows it."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import segno
from aiohttp import hdrs, web

from producer.context import CASHIER, CashierContext
from producer.http.order_model import show_order
from producer.http.orders import ORDER_ID
from producer.http.pages.shell import SHELL
from producer.orders.errors import OrderNotFoundError
from shared.domain.allergens import Contents, contents
from shared.domain.errors import UnavailableError
from shared.domain.menu import Choice, Menu, find
from shared.domain.order import LineItem, Order
from shared.domain.visible_text import visible
from shared.web.operation import Operation, Response, Role
from shared.web.pages.shell import Page

ORDER = Page(
    path="/o/{id}",
    template="order.html",
    title="order.title",
    module="order_page.js",
    stylesheets=("/assets/steps.css", "/assets/switchbox.css", "order.css"),
    texts=("order", "wait"),
)
UNKNOWN = Page(path="/o/{id}", template="order_unknown.html", title="unknown.title")

_LIGHT_MODULES = 2
"""The quiet zone around a code; its card adds the other two of ISO/IEC 18004."""


async def show_order_page(request: web.Request) -> web.StreamResponse:
    """Send the page with the order as it is now; its id is a secret, and so is the page."""
    context = request.app[CASHIER]
    try:
        order = await context.cashier.find(request.match_info["id"])
    except OrderNotFoundError:
        response = await SHELL.response(request, UNKNOWN, status=HTTPStatus.NOT_FOUND)
    else:
        shown = show_order(order, context.clock()).model_dump(mode="json")
        first = await _first(context, order)
        menu = await _menu(context)
        origin = context.photos.shop_url or str(request.url.origin())
        response = await SHELL.response(
            request,
            ORDER,
            data={
                "order": shown,
                "first": first and first.number,
                "choices": [_choices(menu, line) for line in order.items],
            },
            number=order.number,
            first=first,
            contents=_contents(menu, order),
            code=_qr_code(f"{origin.rstrip('/')}/o/{order.id}"),
        )
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    return response


async def _first(context: CashierContext, order: Order) -> Order | None:
    """Find the order that a remake is made for."""
    if order.remake_of is None:
        return None
    try:
        return await context.cashier.find(order.remake_of)
    except OrderNotFoundError:
        return None


async def _menu(context: CashierContext) -> Menu | None:
    """Read the menu as it is now; None while it cannot be read."""
    try:
        return (await context.menu.current()).value
    except UnavailableError:
        return None


def _choices(menu: Menu | None, line: LineItem) -> str:
    """Name the size and the modifiers of a line as the menu does.

    The size goes without saying where there is one alone. What is not on the menu any more is
    named by its id.
    """
    item = find(menu.items, line.item) if menu else None
    sizes, modifiers = (item.sizes, item.modifiers) if item else ((), ())
    ids = [] if item and len(sizes) == 1 else [line.size]
    named = [_name(sizes, each) for each in ids]
    return ", ".join([*named, *(_name(modifiers, each) for each in line.modifiers)])


def _name(among: Sequence[Choice], wanted: str) -> str:
    found = find(among, wanted)
    return found.name if found else wanted.replace("-", " ").capitalize()


def _contents(menu: Menu | None, order: Order) -> Sequence[tuple[str, Contents]]:
    """Name each kind of what was ordered with its allergens, as the menu has them now.

    What is not on the menu any more is left out.
    """
    found = dict[str, Contents]()
    for line in order.items:
        if menu and (item := find(menu.items, line.item)):
            chosen = [each.name for each in item.modifiers if each.id in line.modifiers]
            name = visible(", ".join([line.name, *chosen]))
            found[name] = contents(item, line.modifiers)
    return [(name, each) for name, each in found.items() if each.contains or each.may_contain]


def _qr_code(url: str) -> str:
    """Draw an address as SVG markup."""
    code = segno.make_qr(url, error="l")
    return str(code.svg_inline(border=_LIGHT_MODULES, omitsize=True))


get_order_page = Operation(
    method=hdrs.METH_GET,
    path=ORDER.path,
    summary="The page of an order",
    handler=show_order_page,
    responses={HTTPStatus.OK: Response("The page", media_type="text/html")},
    role=Role.HOLDER,
    parameters=(ORDER_ID,),
    tag="pages",
    documented=False,
    turns=True,
)
