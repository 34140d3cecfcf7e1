"""The page `/staff/report`: a business day in figures, for managers."""

from __future__ import annotations

from aiohttp import web

from producer.context import CASHIER
from producer.http.pages.shell import SHELL
from shared.domain.errors import UnavailableError
from shared.domain.staff import StaffKey, StaffRole
from shared.web.pages.shell import Page
from shared.web.pages.staff import staff_page

REPORT = Page(
    path="/staff/report",
    template="report.html",
    title="report.title",
    module="report_page.js",
    stylesheets=("/assets/chart.css", "report.css"),
    texts=("chart", "day"),
    navigation="staff",
)
NOT_FOR_BARISTAS = Page(
    path="/staff/report", template="report_refused.html", title="report.title", navigation="staff"
)


async def show_report(request: web.Request, key: StaffKey) -> web.StreamResponse:
    """Show the page to managers; baristas are told that it takes a manager's key."""
    if key.role is not StaffRole.MANAGER:
        return await SHELL.response(request, NOT_FOR_BARISTAS, name=key.name)
    try:
        today = str(await request.app[CASHIER].reporter.today())
    except UnavailableError:
        today = None
    return await SHELL.response(request, REPORT, data={"today": today}, today=today)


get_report_page = staff_page(REPORT, show_report)
"""The operation of the page."""
