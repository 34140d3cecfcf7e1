"""What is taken: every page, and what people open on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from playwright.async_api import Page

from notifier.app import NOTIFIER_OPERATIONS
from producer.app import CASHIER_OPERATIONS

Act = Callable[[Page], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class View:
    """A page as it is after `act`, by which somebody has opened something on it.

    One that `shows_waiting` has parts that are busy for ever.
    """

    name: str
    path: str
    act: Act | None = None
    shows_waiting: bool = False

    @property
    def is_for_staff(self) -> bool:
        """Whether it is taken signed in."""
        return self.path.startswith("/staff")


async def choose_latte(page: Page) -> None:
    """Open an item of the menu."""
    await page.locator("#item-latte").click()
    await page.locator("#sheet .primary").wait_for()


async def fill_cart(page: Page) -> None:
    """Put a latte and a croissant into the cart, and open it where it is not seen."""
    await choose_latte(page)
    await page.locator("#sheet .primary").click()
    await page.locator("#item-croissant").click()
    if await page.locator("#cart-bar").is_visible():
        await page.locator("#cart-bar").click()
    await page.locator("#place").wait_for()


def views(orders: Mapping[str, str]) -> Iterator[View]:
    """List all; `orders` has the id of an order in each state that there is."""
    for operation in (*CASHIER_OPERATIONS, *NOTIFIER_OPERATIONS):
        answer = operation.responses.get(HTTPStatus.OK)
        is_page = operation.tag == "pages" and answer and answer.media_type == "text/html"
        if is_page and "{" not in operation.path:
            yield View(_name(operation.path), operation.path)
    yield View("menu-item", "/", choose_latte)
    yield View("menu-cart", "/", fill_cart)
    for state, order_id in orders.items():
        yield View(f"order-{state}", f"/o/{order_id}")
    yield View("order-unknown", "/o/nobody-has-this-one-at-all")
    yield View("design", "/design", shows_waiting=True)


def _name(path: str) -> str:
    return path.strip("/").replace("/", "-") or "menu"
