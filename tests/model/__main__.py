"""Explores further than the tests do: `python -m tests.model --asks 2 --crashes 2 --repeats 1`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields

from tests.model.bounds import Bounds
from tests.model.explorer import explore, without_logs
from tests.model.invariants import InvariantBrokenError
from tests.model.staff import Staff


def main() -> int:
    """Explore; print what was seen, or how an invariant is broken, and exit with 1 then."""
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--renewals", type=int, default=0)
    parser.add_argument("--people", action="store_true", help="people prepare the orders")
    for bound in fields(Bounds):
        option = "--" + bound.name.replace("_", "-")
        parser.add_argument(option, type=int, default=bound.default)
    chosen = vars(parser.parse_args())
    staff = Staff(renewals=chosen.pop("renewals"), people=chosen.pop("people"))
    with without_logs():
        try:
            explored = explore(staff, Bounds(**chosen))
        except InvariantBrokenError as broken:
            print(broken)  # noqa: T201 - a command says what it has found
            return 1
    print(f"{explored}, {len(explored.without_end)} without end")  # noqa: T201
    return bool(explored.without_end)


if __name__ == "__main__":
    sys.exit(main())
