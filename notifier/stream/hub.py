"""The hub: passes each announcement on to the readers that have selected it, and to no others."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from enum import StrEnum

import structlog

from notifier.stream import sse
from notifier.stream.acknowledgement import Acknowledgement
from notifier.stream.metrics import StreamMetrics
from notifier.stream.reader import Reader
from notifier.stream.ring import Ring, StreamPosition
from notifier.stream.selection import Announcement, Selection

_CLOSE_SECONDS = 1
_BACK_WITHIN = sse.RETRY_SECONDS + 1

log = structlog.stdlib.get_logger(__name__)


class Slow(StrEnum):
    """In which way a reader was too slow to be kept."""

    BEHIND = "behind"
    STALLED = "stalled"


class TooManyStreamsError(Exception):
    """As many streams as the notifier can serve are open."""


class TooManyForOneClientError(Exception):
    """One client has as many streams open as one may have."""


class Hub:
    """Keeps the readers of one ring; `max_lag` is how many events they may fall behind.

    There may be `max_streams` of them, of which `max_per_client` belong to any one client.

    Every `mark_every` events, readers for whom there was nothing are told how far they are, so
    that a stream can be resumed after a long silence in a busy shop.
    """

    def __init__(
        self,
        ring: Ring[Announcement],
        tally: StreamMetrics,
        *,
        max_lag: int,
        max_streams: int,
        max_per_client: int,
        mark_every: int,
    ) -> None:
        self._ring = ring
        self._tally = tally
        self._max_lag = max_lag
        self._max_streams = max_streams
        self._max_per_client = max_per_client
        self._mark_every = mark_every
        self._readers: set[Reader] = set()
        self._by_route: defaultdict[str, set[Reader]] = defaultdict(set)
        self._by_client: Counter[str] = Counter()
        self._back_by = 0.0
        self._deserted = asyncio.Event()
        self._closed = False

    @contextlib.contextmanager
    def follow(
        self,
        selection: Selection,
        last_event_id: str | None,
        cut: Callable[[], None],
        client: str | None = None,
    ) -> Iterator[Reader]:
        """Give a reader of `selection` for as long as the block lasts.

        It resumes after `last_event_id`. Without one it begins now, or with what the ring still
        holds of a single order. `client` is nobody in particular when it may have any number of
        them. Raises TooManyStreamsError or TooManyForOneClientError.
        """
        start = self._start(selection, last_event_id)
        with self._place_of(client):
            reader = Reader(self._ring, selection, start, cut, self._tally)
            self._join(reader)
            try:
                yield reader
            finally:
                self._leave(reader)

    def pass_on(self, announcement: Announcement) -> Acknowledgement:
        """Put an announcement on the ring, and offer it to those who have selected it."""
        position = self._ring.append(announcement, announcement.weight)
        acknowledgement = Acknowledgement(position)
        self._tally.events.inc()
        for route in announcement.views:
            for reader in self._by_route.get(route, ()):
                reader.offer(acknowledgement)
                if reader.behind(position) > self._max_lag:
                    self.drop(reader, Slow.BEHIND)
        if position % self._mark_every == 0:
            for reader in self._readers:
                reader.move_mark(position)
        return acknowledgement

    def interrupted(self, epoch: str) -> None:
        """Tell every reader, now or when it resumes, that announcements may have been missed."""
        self._ring.restart(epoch)
        self._back_by = time.monotonic() + _BACK_WITHIN
        for reader in self._readers:
            reader.look_again()

    async def readers_back(self) -> None:
        """Wait until those who followed an earlier life have had the time to come back."""
        await asyncio.sleep(max(0, self._back_by - time.monotonic()))

    def drop(self, reader: Reader, reason: Slow) -> None:
        """Part with a reader that is too slow."""
        if reader.ended:
            return
        reader.end()
        reader.cut()
        self._tally.dropped.labels(reason).inc()
        log.warning("stream.dropped", reason=reason, topics=sorted(reader.selection.topics))

    async def drop_stalled(self, seconds: float) -> None:
        """Drop the readers to whom one write takes longer than that.

        One look at all costs less than a timer for each write, of which few ever have to wait.
        """
        for reader in tuple(self._readers):
            if reader.stalled() > seconds:
                self.drop(reader, Slow.STALLED)

    def followers(self, topic: str) -> int:
        """Count the readers that follow a topic, be it for one order."""
        return sum(topic in reader.selection.topics for reader in self._readers)

    async def close(self) -> None:
        """End every stream, and return when their readers have left, or are too slow to."""
        self._closed = True
        for reader in self._readers:
            reader.end()
        if self._readers:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await self._deserted.wait()

    @contextlib.contextmanager
    def _place_of(self, client: str | None) -> Iterator[None]:
        """Count a stream as its client's, if there is room for both."""
        if len(self._readers) >= self._max_streams:
            raise TooManyStreamsError
        if client is None:
            yield
            return
        if self._by_client[client] >= self._max_per_client:
            raise TooManyForOneClientError
        self._by_client[client] += 1
        try:
            yield
        finally:
            self._by_client[client] -= 1
            if not self._by_client[client]:
                del self._by_client[client]

    def _start(self, selection: Selection, last_event_id: str | None) -> StreamPosition:
        if last_event_id is not None:
            return StreamPosition.parse(last_event_id)
        return self._ring.end if selection.order_id is None else self._ring.beginning

    def _join(self, reader: Reader) -> None:
        self._readers.add(reader)
        for route in reader.selection.routes:
            self._by_route[route].add(reader)
        self._tally.streams.set(len(self._readers))
        if self._closed:
            reader.end()

    def _leave(self, reader: Reader) -> None:
        self._readers.discard(reader)
        for route in reader.selection.routes:
            self._by_route[route].discard(reader)
            if not self._by_route[route]:
                del self._by_route[route]
        self._tally.streams.set(len(self._readers))
        if not self._readers:
            self._deserted.set()
