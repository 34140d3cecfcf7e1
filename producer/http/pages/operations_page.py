"""The page `/staff/operations`: how the shop runs, for engineers and owners."""

from __future__ import annotations

from aiohttp import web

from producer.context import CASHIER
from producer.documents.settings import SettingsDocument
from producer.http.pages.shell import SHELL
from shared.domain.errors import UnavailableError
from shared.domain.staff import StaffKey, StaffRole
from shared.web.pages.shell import Page
from shared.web.pages.staff import staff_page
from shared.web.service import OPERATIONS

OPERATIONS_PAGE = Page(
    path="/staff/operations",
    template="operations.html",
    title="operations.title",
    module="operations_page.js",
    stylesheets=("/assets/chart.css", "/assets/progress.css", "operations.css"),
    texts=("chart", "running", "trial"),
    navigation="staff",
)
NOT_FOR_BARISTAS = Page(
    path="/staff/operations",
    template="operations_refused.html",
    title="operations.title",
    navigation="staff",
)
DEMONSTRATION, SCALING = "/demonstration", "/operations/scaling"
"""What only one machine's shop has; where people prepare, it has no demonstration."""


async def show_operations(request: web.Request, key: StaffKey) -> web.StreamResponse:
    """Show the page to managers; baristas are told that it takes a manager's key."""
    if key.role is not StaffRole.MANAGER:
        return await SHELL.response(request, NOT_FOR_BARISTAS, name=key.name)
    try:
        settings = (await request.app[CASHIER].settings.get()).value
    except UnavailableError:
        settings = SettingsDocument()
    paths = {one.path for one in request.app[OPERATIONS]}
    has_demonstration, has_scaling = DEMONSTRATION in paths, SCALING in paths
    data = {
        "warn": settings.kitchen_warn_minutes * 60,
        "late": settings.kitchen_late_minutes * 60,
        "has_demonstration": has_demonstration,
        "has_scaling": has_scaling,
    }
    return await SHELL.response(
        request,
        OPERATIONS_PAGE,
        data=data,
        has_demonstration=has_demonstration,
        is_elsewhere=has_scaling and not has_demonstration,
    )


get_operations_page = staff_page(OPERATIONS_PAGE, show_operations)
"""The operation of the page."""
