"""`python -m shop.processes.lean MODULE`: runs a module without what its libraries may do without.

Libraries load some packages only if they are installed, as they are where the command line is: in
containers they are not. Each process of a shop would take longer to start, and hold them for ever.
"""

from __future__ import annotations

import runpy
import sys

UNUSED = (
    "docker",  # ministack would run functions in containers
    "greenlet",  # structlog would know the contexts of its threads
    "httpx",  # aiobotocore could send with it, in place of aiohttp
    "rich",  # structlog could draw tracebacks with it
)
"""Packages that no service of ours makes any use of."""


def leave_out_unused() -> None:
    """Have no package of `UNUSED` found by who imports it from now on."""
    sys.modules.update(dict.fromkeys(UNUSED))  # type: ignore[arg-type]  # None: it is not found


def main() -> None:
    """Run the module that the first argument names, as `python -m` does."""
    leave_out_unused()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
