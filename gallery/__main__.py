"""`python -m gallery`: takes every page of a seeded shop, in each width, scheme and language."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gallery.demonstration import film_demonstration
from gallery.shop import seeded_shop
from gallery.strip import write_strip
from gallery.taking import WIDTHS, Picture, contact_sheet, take
from gallery.views import views
from shared.web.pages.texts import LANGUAGES
from tests.support.chromium import CHROMIUM, chromium
from tests.support.looking import SCHEMES

_ROOT = Path(__file__).parents[1]
_FOLDER = _ROOT / "build" / "screenshots"
_STRIP = _ROOT / "docs" / "pages.jpg"
_FILM = _ROOT / "docs" / "demonstration.webp"


def main(
    only: Annotated[str, typer.Option(help="Take only views whose name has this in it.")] = "",
) -> None:
    """Take the pictures into build/screenshots, and those of the README into docs."""
    if CHROMIUM is None:
        typer.echo("Pictures need Chromium (on Debian: apt install chromium).", err=True)
        raise typer.Exit(1)
    pictures = asyncio.run(_take(only))
    if not pictures:
        typer.echo(f"No view has {only!r} in its name.", err=True)
        raise typer.Exit(2)
    (_FOLDER / "index.html").write_text(contact_sheet(pictures), encoding="utf-8")
    typer.echo(f"{len(pictures)} pictures: {_FOLDER.relative_to(_ROOT)}/index.html")


async def _take(only: str) -> Sequence[Picture]:
    if not only:
        shutil.rmtree(_FOLDER, ignore_errors=True)
    async with seeded_shop() as seeded, chromium() as browser:
        wanted = [view for view in views(seeded.orders) if only in view.name]
        pictures = list[Picture]()
        with _progress() as progress:
            task = progress.add_task(
                "", total=len(wanted) * len(WIDTHS) * len(LANGUAGES) * len(SCHEMES)
            )
            async for picture in take(seeded.shop, browser, wanted, _FOLDER):
                pictures.append(picture)
                progress.update(task, advance=1, description=picture.view)
        if not only:
            write_strip(_FOLDER, _STRIP)
            await film_demonstration(browser, _FILM)
    return pictures


def _progress() -> Progress:
    columns = (TextColumn("{task.description:20}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeRemainingColumn())


if __name__ == "__main__":
    typer.run(main)
