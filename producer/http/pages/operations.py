"""The cashier's pages as operations."""

from __future__ import annotations

from collections.abc import Sequence

from producer.http.pages.keys_page import get_keys_page
from producer.http.pages.kitchen_page import KITCHEN_OPERATIONS
from producer.http.pages.menu_editor_page import get_menu_editor
from producer.http.pages.menu_page import get_menu_page
from producer.http.pages.operations_page import get_operations_page
from producer.http.pages.order_page import get_order_page
from producer.http.pages.report_page import get_report_page
from producer.http.pages.shell import BOARD, SHELL
from producer.http.pages.shop_page import get_shop_page
from shared.web.operation import Operation

PAGE_OPERATIONS: Sequence[Operation] = (
    get_menu_page,
    get_order_page,
    *SHELL.operations(BOARD),
    *KITCHEN_OPERATIONS,
    get_operations_page,
    get_menu_editor,
    get_shop_page,
    get_keys_page,
    get_report_page,
)
