"""What it costs on this machine to wake an idle process that then does nothing."""

from __future__ import annotations

import asyncio
import sys

_LOOP = """
import asyncio, sys, time
async def main(pause, seconds):
    loop = asyncio.get_running_loop()
    await asyncio.sleep(1)
    began, end = time.process_time(), loop.time() + seconds
    while loop.time() < end:
        await asyncio.sleep(pause)
    print(time.process_time() - began)
asyncio.run(main(float(sys.argv[1]), float(sys.argv[2])))
"""


async def floor(wakes: float, seconds: float) -> float:
    """Return what share of a core an empty event loop takes that wakes so often a second."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _LOOP, str(1 / wakes), str(seconds)), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return float(output) / seconds
