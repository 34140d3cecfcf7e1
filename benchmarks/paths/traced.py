"""`python -m benchmarks.paths.traced MODULE FILE`: runs a service, and notes what it enters.

At SIGUSR2 it writes to FILE the functions of ours that were entered since the last SIGUSR2, as a
JSON list of pairs (file, qualified name), and begins anew. Lambdas, comprehensions and the bodies
of modules and classes are left out: no reader has to find them.
"""

from __future__ import annotations

import inspect
import json
import runpy
import signal
import sys
import threading
from pathlib import Path
from types import CodeType, FrameType

OURS = ("producer", "worker", "notifier", "shared")
ROOT = Path(__file__).parents[2]

_entered: set[CodeType] = set()


def note(frame: FrameType, event: str, _: object) -> None:
    """Note a call, as `sys.setprofile` reports it."""
    if event == "call":
        _entered.add(frame.f_code)


def places(entered: set[CodeType]) -> list[tuple[str, str]]:
    """List the named functions of ours among what was entered; bodies of classes are none."""
    prefixes = tuple(f"{ROOT / folder}/" for folder in OURS)
    return sorted(
        {
            (str(Path(code.co_filename).relative_to(ROOT)), code.co_qualname)
            for code in entered
            if code.co_filename.startswith(prefixes)
            and code.co_flags & inspect.CO_OPTIMIZED
            and not code.co_name.startswith("<")
        }
    )


def main() -> None:
    """Run the service under the profiler, in all of its threads."""
    module, file = sys.argv[1], Path(sys.argv[2])

    def write(_: int, __: object) -> None:
        entered = places(_entered.copy())
        _entered.clear()
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(entered))
        draft.rename(file)

    signal.signal(signal.SIGUSR2, write)
    threading.setprofile(note)
    sys.setprofile(note)
    runpy.run_module(module, run_name="__main__")


if __name__ == "__main__":
    main()
