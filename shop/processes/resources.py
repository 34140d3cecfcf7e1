"""What one shop holds on its machine: the state folder, its ports, and its children's lifeline."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shop.processes.lock import locked
from shop.processes.sockets import listen


@dataclass(frozen=True, slots=True)
class Premises:
    """Descriptors that children inherit.

    The lifelines are the reading ends of pipes. The other end of the services' lifeline is held
    by this process alone, so that its end of file tells them that this process is gone, however
    it went. The services hold the other end of the emulator's, `emulator_needed`, as well: it
    stops after them.
    """

    counter: socket.socket
    emulator: socket.socket
    lock: int
    lifeline: int
    emulator_lifeline: int
    emulator_needed: int

    @property
    def port(self) -> int:
        """The port that customers come to."""
        return _port(self.counter)

    @property
    def emulator_port(self) -> int:
        """The loopback port of the emulator, the same for as long as the shop is open."""
        return _port(self.emulator)


@contextlib.contextmanager
def premises(host: str, port: int, state_dir: Path) -> Iterator[Premises]:
    """Take what a shop needs; raises PortError or StateDirError when it cannot be had."""
    with (
        locked(state_dir) as lock,
        listen(host, port) as counter,
        listen("127.0.0.1", 0) as emulator,
        _pipe() as (lifeline, _),
        _pipe() as (emulator_lifeline, emulator_needed),
    ):
        yield Premises(counter, emulator, lock, lifeline, emulator_lifeline, emulator_needed)


@contextlib.contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


def _port(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port
