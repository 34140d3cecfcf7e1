"""Scrapes processes as Prometheus does, and follows which series move."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.support.promql import Selector

Series: TypeAlias = tuple[str, frozenset[tuple[str, str]]]

_SCRAPE_SECONDS = 0.2


async def scrape(http: httpx.AsyncClient, url: str) -> Mapping[str, tuple[str, Sequence[Sample]]]:
    """Read a process's metrics: by its name in documents, the type of each, and its samples."""
    text = (await http.get(f"{url}/metrics")).raise_for_status().text
    return {
        f"{family.name}_total" if family.type == "counter" else family.name: (
            family.type,
            family.samples,
        )
        for family in text_string_to_metric_families(text)
    }


@dataclass
class Movements:
    """The series of some processes, added up; `moved` are those whose value has changed.

    A counter has moved when it rose. A gauge has when it was there before, with another value.
    """

    urls: Sequence[str]
    moved: set[Series] = field(default_factory=set)
    seen: set[Series] = field(default_factory=set)
    _before: dict[Series, float] = field(default_factory=dict)

    async def follow(self) -> None:
        """Scrape until cancelled; processes may come and go."""
        async with httpx.AsyncClient(trust_env=False) as http:
            while True:
                await self._scrape(http)
                await asyncio.sleep(_SCRAPE_SECONDS)

    def missing(self, selectors: Iterable[Selector]) -> list[Selector]:
        """List what selects no series that has moved."""
        return [each for each in selectors if not _any_selected(each, self.moved)]

    async def until_moved(self, selectors: Collection[Selector], seconds: float) -> None:
        """Wait until each selects a series that has moved; raises AssertionError."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.missing(selectors):  # noqa: ASYNC110 - a scrape sets no event
                    await asyncio.sleep(_SCRAPE_SECONDS)
        assert not (left := self.missing(selectors)), left

    async def _scrape(self, http: httpx.AsyncClient) -> None:
        now: defaultdict[Series, float] = defaultdict(float)
        gauges: set[Series] = set()
        for url in self.urls:
            try:
                families = await scrape(http, url)
            except httpx.HTTPError:
                continue
            for kind, samples in families.values():
                for sample in samples:
                    series = (sample.name, frozenset(sample.labels.items()))
                    now[series] += sample.value
                    if kind == "gauge":
                        gauges.add(series)
        for series, value in now.items():
            before = self._before.get(series, None if series in gauges or not self.seen else 0.0)
            if before is not None and (value != before if series in gauges else value > before):
                self.moved.add(series)
        self._before |= now
        self.seen |= now.keys()


def _any_selected(selector: Selector, series: Iterable[Series]) -> bool:
    return any(selector.selects(name, dict(labels)) for name, labels in series)
