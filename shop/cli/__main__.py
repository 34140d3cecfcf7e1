"""`python -m shop.cli`: the command line, also where no script can name its folder."""

from __future__ import annotations

from shop.cli import main

if __name__ == "__main__":
    main()
