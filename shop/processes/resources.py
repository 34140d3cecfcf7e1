"""What one shop holds on its machine: the state folder, its ports, and its children's lifelines."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shop.processes.lock import locked
from shop.processes.sockets import listen, port_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Descriptors that children inherit.

    A lifeline is the reading end of a pipe. Only this process holds the other end of `lifeline`,
    so its end of file shows the services that this process is gone, for whatever reason. The
    services also hold `emulator_needed`, the other end of `emulator_lifeline`: the emulator stops
    after them.
    """

    counter: socket.socket
    emulator: socket.socket
    lock: int
    lifeline: int
    emulator_lifeline: int
    emulator_needed: int

    @property
    def port(self) -> int:
        """The port for customers."""
        return port_of(self.counter)

    @property
    def emulator_port(self) -> int:
        """The emulator's loopback port, the same as long as the shop is open."""
        return port_of(self.emulator)


@contextlib.contextmanager
def acquired_resources(host: str, port: int, state_dir: Path) -> Iterator[Resources]:
    """Acquire what a shop needs; raises PortError or StateDirError."""
    with (
        locked(state_dir) as lock,
        listen(host, port) as counter,
        listen("127.0.0.1", 0) as emulator,
        _pipe() as (lifeline, _),
        _pipe() as (emulator_lifeline, emulator_needed),
    ):
        yield Resources(
            counter=counter,
            emulator=emulator,
            lock=lock,
            lifeline=lifeline,
            emulator_lifeline=emulator_lifeline,
            emulator_needed=emulator_needed,
        )


@contextlib.contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)
