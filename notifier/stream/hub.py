"""The hub: passes each event to the readers that have selected it, and to no others."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import prometheus_client
import structlog
from prometheus_client import CollectorRegistry, Gauge

from notifier.stream import sse
from notifier.stream.heartbeats import Heartbeats
from notifier.stream.reader import Reader
from notifier.stream.ring import Ring, StreamPosition
from notifier.stream.selection import Acknowledgement, RingEvent, Selection
from shared.web.client_address import WIDER

_SHARE_OF_FREE = 8
_CLOSE_SECONDS = 1
_RECONNECT_SECONDS = sse.RETRY_SECONDS + 1

log = structlog.stdlib.get_logger(__name__)


class DropReason(StrEnum):
    """Why a reader was too slow to be kept."""

    BEHIND = "behind"
    STALLED = "stalled"


class TooManyStreamsError(Exception):
    """As many streams as the notifier can serve are open."""


class TooManyForOneClientError(Exception):
    """One client has as many streams open as one may have."""


class StreamMetrics:
    """The metrics of a notifier's live streams, in the registry that its `/metrics` shows."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.streams = Gauge(
            "coffeeshop_live_streams", "Live streams that are open.", registry=registry
        )
        self.events = prometheus_client.Counter(
            "coffeeshop_live_events", "Events received for the live streams.", registry=registry
        )
        self.resets = prometheus_client.Counter(
            "coffeeshop_live_resets",
            "Resets sent to streams that may have missed events.",
            ("reason",),
            registry=registry,
        )
        self.dropped = prometheus_client.Counter(
            "coffeeshop_live_dropped",
            "Streams dropped because their readers were too slow.",
            ("reason",),
            registry=registry,
        )


@dataclass(kw_only=True, slots=True, eq=False)
class Hub:
    """Keeps the readers of one ring; `max_lag` is how many events they may fall behind.

    There may be `max_streams` of them, and `max_per_client` of any one client, but, unless that is
    all, no more than an eighth of what is free: ten greedy clients leave 600 of 2,000.

    The heartbeats tell readers that had no event their new position, so that a stream can be
    resumed after a long silence in a busy shop.
    """

    ring: Ring[RingEvent]
    metrics: StreamMetrics
    max_lag: int
    max_streams: int
    max_per_client: int
    _readers: set[Reader] = field(default_factory=set)
    _by_routing_key: defaultdict[str, set[Reader]] = field(default_factory=lambda: defaultdict(set))
    _by_client: Counter[str] = field(default_factory=Counter)
    _reconnected_by: float = 0.0
    _empty: asyncio.Event = field(default_factory=asyncio.Event)
    _closed: bool = False
    heartbeats: Heartbeats = field(default_factory=Heartbeats)

    @contextlib.contextmanager
    def follow(
        self,
        selection: Selection,
        last_event_id: str | None,
        abort: Callable[[], None],
        client: Sequence[str] = (),
    ) -> Iterator[Reader]:
        """Give a reader of `selection` for as long as the block lasts.

        It resumes after `last_event_id`. Without one it begins now, or, for a single order, with
        the oldest event in the ring. `client` are the networks that it counts as, the narrowest
        first; without one, `max_per_client` does not apply. Raises TooManyStreamsError or
        TooManyForOneClientError.
        """
        with self._counted(client):
            reader = Reader(
                ring=self.ring,
                selection=selection,
                position=self._start(selection, last_event_id),
                abort=abort,
                resets=self.metrics.resets,
                ended=self._closed,
            )
            self.heartbeats.add(reader)
            self._add(reader)
            try:
                yield reader
            finally:
                self.heartbeats.remove(reader)
                self._remove(reader)

    def publish(self, event: RingEvent) -> Acknowledgement:
        """Put an event on the ring, and offer it to the readers that have selected it."""
        weight = sum(map(len, event.views.values()))
        index = self.ring.append(event, weight, event.views)
        acknowledgement = Acknowledgement(index)
        self.metrics.events.inc()
        for routing_key in event.views:
            for reader in self._by_routing_key.get(routing_key, ()):
                reader.offer(acknowledgement)
                if reader.lag(index) > self.max_lag:
                    self._drop(reader, DropReason.BEHIND)
        return acknowledgement

    def restart(self, epoch: str) -> None:
        """Reset every reader, now or when it resumes: announcements may have been missed."""
        self.ring.restart(epoch)
        self._reconnected_by = time.monotonic() + _RECONNECT_SECONDS
        for reader in self._readers:
            reader.wake()

    async def wait_for_reconnects(self) -> None:
        """Wait until the readers from before a restart have had the time to reconnect."""
        await asyncio.sleep(max(0, self._reconnected_by - time.monotonic()))

    async def drop_stalled(self, seconds: float) -> None:
        """Drop the readers to whom one write takes longer than that.

        One scan of all costs less than a timer for each write, of which few ever have to wait.
        """
        for reader in tuple(self._readers):
            if reader.stalled_seconds() > seconds:
                self._drop(reader, DropReason.STALLED)

    def followers(self, topic: str) -> int:
        """Count the readers of a topic, those of one order included."""
        return sum(topic in reader.selection.topics for reader in self._readers)

    async def close(self) -> None:
        """End every stream, and wait for the readers to leave, but not for slow ones."""
        self._closed = True
        for reader in self._readers:
            reader.end()
        if self._readers:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await self._empty.wait()

    def _drop(self, reader: Reader, reason: DropReason) -> None:
        if reader.ended:
            return
        reader.end()
        reader.abort()
        self.metrics.dropped.labels(reason).inc()
        log.warning("stream.dropped", reason=reason, topics=sorted(reader.selection.topics))

    @contextlib.contextmanager
    def _counted(self, client: Sequence[str]) -> Iterator[None]:
        """Count a stream as its client's, if there is room for one more."""
        free = self.max_streams - len(self._readers)
        if free <= 0:
            raise TooManyStreamsError
        for step, network in enumerate(client):
            if self._by_client[network] >= self._share(free) * WIDER**step:
                raise TooManyForOneClientError
        self._by_client.update(client)
        try:
            yield
        finally:
            self._by_client.subtract(client)
            for network in client:
                if not self._by_client[network]:
                    del self._by_client[network]

    def _share(self, free: int) -> int:
        """Return how many streams one client may have: a few clients never take all of them."""
        if self.max_per_client >= self.max_streams:
            return self.max_streams
        return min(self.max_per_client, max(1, free // _SHARE_OF_FREE))

    def _start(self, selection: Selection, last_event_id: str | None) -> StreamPosition:
        if last_event_id is not None:
            return StreamPosition.parse(last_event_id)
        return self.ring.end if selection.order_id is None else self.ring.beginning

    def _add(self, reader: Reader) -> None:
        self._readers.add(reader)
        for routing_key in reader.selection.routing_keys:
            self._by_routing_key[routing_key].add(reader)
        self.metrics.streams.set(len(self._readers))

    def _remove(self, reader: Reader) -> None:
        self._readers.discard(reader)
        for routing_key in reader.selection.routing_keys:
            self._by_routing_key[routing_key].discard(reader)
            if not self._by_routing_key[routing_key]:
                del self._by_routing_key[routing_key]
        self.metrics.streams.set(len(self._readers))
        if not self._readers:
            self._empty.set()
