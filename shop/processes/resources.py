"""What one shop holds on its machine: the state folder, its ports, and its children's lifelines."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.runtime.startup import StartupError
from shared.web.listening import bound
from shop.processes.lock import locked

RELEASE_SECONDS = 1.0
"""How long a shop that was just killed may take to release its port."""


class PortError(StartupError):
    """The port cannot be listened on; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Descriptors that children inherit; the sockets outlive the processes that use them.

    A lifeline is the reading end of a pipe. Only this process holds the other end of `lifeline`,
    so its end of file shows services and emulator that this process is gone, for whatever reason.
    The services also hold `emulator_needed`, the other end of `emulator_lifeline`: the emulator
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
        """The port for customers."""
        return _port(self.counter)

    @property
    def emulator_port(self) -> int:
        """The emulator's loopback port, the same as long as the shop is open."""
        return _port(self.emulator)


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


def listen(host: str, port: int, seconds: float = RELEASE_SECONDS) -> socket.socket:
    """Listen on a port (0: any free one); raises PortError, for a taken one after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return bound(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise PortError(_explain(host, port, error)) from error
            time.sleep(0.05)


def is_free(host: str, port: int) -> bool:
    """Return whether a port can be listened on now."""
    try:
        bound(host, port).close()
    except OSError:
        return False
    return True


def _explain(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use. COFFEE_PORT names another: COFFEE_PORT={port + 1}"
    return (
        f"The shop cannot listen on {host}, port {port}: {error.strerror or error}. "
        "COFFEE_HOST and COFFEE_PORT say where."
    )


def _port(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port
