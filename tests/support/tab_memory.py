"""What a page holds in its tab, once Chromium has collected its garbage."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.async_api import CDPSession, Page


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes of the modules' heap, nodes and listeners, those that nobody can reach not counted."""

    heap: int
    nodes: int
    listeners: int


async def held_by(page: Page) -> Held:
    """Collect the garbage, and count what is left."""
    session = await page.context.new_cdp_session(page)
    try:
        return await _measured(session)
    finally:
        await session.detach()


async def _measured(session: CDPSession) -> Held:
    await session.send("Performance.enable")
    for _ in range(2):  # what a finalizer lets go of is collected by the second
        await session.send("HeapProfiler.collectGarbage")
    found = (await session.send("Performance.getMetrics"))["metrics"]
    metrics = {one["name"]: int(one["value"]) for one in found}
    return Held(metrics["JSHeapUsedSize"], metrics["Nodes"], metrics["JSEventListeners"])
