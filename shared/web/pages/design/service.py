"""The page `/design` as a service, which the counter of one machine adds to the others."""

from __future__ import annotations

from pathlib import Path

from shared.web.pages.shell import Page, Shell
from shared.web.service import Service

DESIGN = Page(
    path="/design",
    template="design.html",
    title="design.title",
    module="design.js",
    stylesheets=(
        "/assets/chart.css",
        "/assets/items.css",
        "/assets/progress.css",
        "/assets/steps.css",
        "/assets/switchbox.css",
        "swatches.css",
    ),
    texts=("chart", "design"),
)


def design_service() -> Service:
    """Describe the page; it needs nothing of the shop."""
    shell = Shell(Path(__file__).parent, "/design/assets")
    return Service(operations=shell.operations(DESIGN))
