"""The live stream's objects: the hub, and the feed that publishes to it."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator

from notifier.settings import NotifierSettings
from notifier.stream.feed import ReaderReset, stream_feed
from notifier.stream.hub import Hub, StreamMetrics
from notifier.stream.live_queue import LiveQueue, Topics
from notifier.stream.reaper import Reaper
from notifier.stream.ring import Ring
from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.topology import new_topology
from shared.store.contract import HeartbeatStore

_POLICY_SECONDS = 60.0
"""How long a queue's policy takes to come into force at most (SQS: `SetQueueAttributes`)."""


def build_hub(settings: NotifierSettings, metrics: StreamMetrics) -> Hub:
    """Build a hub with an empty ring."""
    return Hub(
        ring=Ring(_new_epoch(), settings.ring_size, settings.ring_bytes),
        metrics=metrics,
        max_lag=settings.max_lag,
        max_streams=settings.max_streams,
        max_per_client=settings.max_streams_per_client,
    )


@contextlib.asynccontextmanager
async def build_feed(
    hub: Hub, settings: NotifierSettings, topics: Topics, store: HeartbeatStore
) -> AsyncIterator[LiveQueue]:
    """Build the feed of all `topics`, and run it for as long as the block lasts."""
    names, instance = Names(settings.name_prefix), settings.instance
    async with aws_clients(settings) as clients:
        topology = new_topology(clients, names, creates=settings.provision)
        queue = LiveQueue(
            clients=clients,
            names=names,
            store=store,
            topology=topology,
            instance=instance,
            topics=topics,
            on_open=ReaderReset(
                hub, _new_epoch, 0 if settings.uses_emulator else _POLICY_SECONDS
            ).reset,
            expiry_seconds=2 * settings.live_look_seconds,
            poll_seconds=settings.poll_seconds,
        )
        async with stream_feed(
            hub,
            queue,
            Reaper(
                clients=clients,
                names=names,
                topology=topology,
                store=store,
                instance=instance,
                topics=topics,
            ),
            stalled_seconds=settings.stalled_seconds,
            mark_seconds=settings.live_mark_seconds,
            heartbeat_seconds=settings.heartbeat_seconds,
            scan_seconds=settings.live_look_seconds,
        ):
            yield queue


def _new_epoch() -> str:
    """Make an epoch that no ring has had."""
    return secrets.token_hex(8)
