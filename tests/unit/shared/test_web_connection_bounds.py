"""The bounds on connections hold whatever happens in the turn in which one is evicted."""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from shared.web.connections import ConnectionMetrics, Connections
from shared.web.limits import WebLimits


@dataclass(eq=False)
class Open:
    client: str | None = "192.0.2.7"
    aborted: bool = False

    def abort(self) -> None:
        self.aborted = True


def test_an_evicted_connection_that_ends_a_response_makes_no_more_room() -> None:
    limits = WebLimits(connections=10, connections_per_client=2)
    connections = Connections(limits=limits, metrics=ConnectionMetrics(CollectorRegistry()))
    evicted, other, third = Open(), Open(), Open()
    for one in (evicted, other, third):
        assert connections.admit(one)
    assert evicted.aborted

    connections.rest(evicted)  # its response ends before the loop tells that it is lost
    connections.forget(evicted)

    assert list(connections.idle) == [other, third]
    assert connections.admit(Open())
    assert other.aborted
