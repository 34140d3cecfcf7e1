"""A program that runs tests of one copy of the product after the other, as its input says.

Each run is a process of its own. It is forked from this one, which has loaded the libraries, but
nothing of the product or its tests: that would not be the copy's.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
from dataclasses import asdict, dataclass

import pytest

LIBRARIES = (
    *("aiobotocore.session", "aiohttp.web", "hypothesis", "hypothesis.strategies"),
    *("prometheus_client", "pydantic_settings", "structlog", "yaml"),
)


@dataclass(frozen=True)
class Run:
    """Tests to run in the folder `copy`, in which `module` may be mutated."""

    copy: str
    module: str
    arguments: list[str]
    output: str

    @property
    def line(self) -> str:
        return f"{json.dumps(asdict(self))}\n"

    def take_place(self) -> int:
        """Run the tests with their output in the file `output`; return the exit status."""
        with open(self.output, "w") as output:  # noqa: PTH123 - it becomes the standard streams
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        os.chdir(self.copy)
        sys.path.insert(0, self.copy)
        found = importlib.import_module(self.module).__file__
        assert (found or "").startswith(self.copy), "this is not the copy"
        return pytest.main(self.arguments)


def main() -> None:
    """Answer each line with the exit status of its run."""
    for library in LIBRARIES:
        importlib.import_module(library)
    gc.freeze()  # the runs share this memory
    for line in sys.stdin:
        child = os.fork()
        if not child:
            sys.exit(Run(**json.loads(line)).take_place())
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
