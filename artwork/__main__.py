"""`python -m artwork`: draws the photos that come with the shop, and the strip in the README."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from artwork.bundle import write_bundle, write_strip
from artwork.menu import PICTURES
from artwork.screenshots import ChromiumMissingError, screenshots

_ROOT = Path(__file__).parents[1]


async def main() -> None:
    """Draw all, or those that are named, to be looked at only."""
    parser = argparse.ArgumentParser(prog="python -m artwork", description=__doc__)
    parser.add_argument("items", nargs="*", choices=[[], *PICTURES], metavar="ITEM")
    items: list[str] = parser.parse_args().items
    drawn = {item: PICTURES[item]().svg() for item in items or PICTURES}
    try:
        pictures = await screenshots(drawn)
    except ChromiumMissingError as error:
        sys.exit(str(error))
    folder = _ROOT / "build" / "artwork"
    folder.mkdir(parents=True, exist_ok=True)
    for item, svg in drawn.items():
        (folder / f"{item}.svg").write_text(svg)
        (folder / f"{item}.png").write_bytes(pictures[item])
    sys.stdout.write(f"Drawn in {folder.relative_to(_ROOT)}: {', '.join(drawn)}\n")
    if not items:
        total = await write_bundle(pictures)
        write_strip(list(pictures.values()), _ROOT / "docs" / "menu.jpg")
        sys.stdout.write(f"Rendered {len(pictures)} photos, {total / 2**20:.2f} MiB\n")


if __name__ == "__main__":
    asyncio.run(main())
