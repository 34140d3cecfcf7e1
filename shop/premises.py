"""What one shop holds on its machine: the state folder, its ports, and its children's lifeline."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shop.listening import listen
from shop.lock import locked


@dataclass(frozen=True, slots=True)
class Premises:
    """Descriptors that children inherit.

    `lifeline` is the reading end of a pipe; nobody but this process holds the other end, so that
    its end of file tells the children that this process is gone, however it went.
    """

    counter: socket.socket
    emulator: socket.socket
    lock: int
    lifeline: int

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
        listen(host, port) as counter,
        locked(state_dir) as lock,
        listen("127.0.0.1", 0) as emulator,
    ):
        lifeline, held = os.pipe()
        try:
            yield Premises(counter, emulator, lock, lifeline)
        finally:
            os.close(held)
            os.close(lifeline)


def _port(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port
