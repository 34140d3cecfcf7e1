"""What a person sees who opens the shop in a terminal and closes it with Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from shared.aws.clients import aws_clients
from shared.aws.provisioning import ensure_queue
from shared.runtime.settings import ServiceSettings
from tests.support.emulator import free_port
from tests.support.shop import COFFEESHOP
from tests.support.waiting import until

pytestmark = pytest.mark.timeout(120)

CTRL_C = b"\x03"

IN_A_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Runs a command in a session of its own, whose terminal is its standard input."""

CLOSING = [
    "Closing: orders in preparation have 20 s to get ready,",
    "the others wait for the next opening. A second Ctrl-C does not wait.",
    "The shop is closed.",
]


@dataclass
class Terminal:
    """A pseudo-terminal, and the shop that runs in it."""

    process: asyncio.subprocess.Process
    descriptor: int
    environment: dict[str, str]
    shown: bytes = b""

    def read(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            self.shown += os.read(self.descriptor, 65536)

    async def shows(self, text: str) -> bool:
        self.read()
        return text.encode() in self.shown

    def type(self, keys: bytes) -> None:
        os.write(self.descriptor, keys)

    def emulator_settings(self) -> ServiceSettings:
        """Settings with which a test reaches the shop's own emulator, as its baristas do."""
        children = psutil.Process(self.process.pid).children()
        given = next(child for child in children if "worker" in child.cmdline()).environ()
        return ServiceSettings(
            aws_endpoint_url=given["COFFEE_AWS_ENDPOINT_URL"],
            aws_access_key_id=given["COFFEE_AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=given["COFFEE_AWS_SECRET_ACCESS_KEY"],
        )


@contextlib.asynccontextmanager
async def shop_in_a_terminal(folder: Path) -> AsyncIterator[Terminal]:
    own, theirs = pty.openpty()
    os.set_blocking(own, False)
    environment = {
        **os.environ,
        "COFFEE_PORT": str(free_port()),
        "COFFEE_STATE_DIR": str(folder),
        "COFFEE_BREW_SPEED": "0",
        "TERM": "xterm",
        "COLUMNS": "200",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", IN_A_TERMINAL, COFFEESHOP, "run"),
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    terminal = Terminal(process, own, environment)
    try:
        await until(lambda: terminal.shows("Ctrl-C closes."), 40)
        yield terminal
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(own)


def lines_after(shown: bytes, beginning: str) -> list[str]:
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode()).rpartition(beginning)[2]
    return [line.strip() for line in text.splitlines() if line.strip()]


async def closed(terminal: Terminal) -> list[str]:
    """Press Ctrl-C; give the lines shown from then on."""
    terminal.type(CTRL_C)
    await until(lambda: terminal.shows("The shop is closed."), 40)
    assert await terminal.process.wait() == 0
    terminal.read()
    return lines_after(terminal.shown.replace(b"^C", b""), "Ctrl-C closes.")


async def test_ctrl_c_after_the_load_of_the_readme_shows_the_shops_own_lines_alone(
    tmp_path: Path,
) -> None:
    async with shop_in_a_terminal(tmp_path / "var") as terminal:
        load = await asyncio.create_subprocess_exec(
            *(COFFEESHOP, "load", "--orders", "200", "--rate", "50"),
            env=terminal.environment,
            stdout=asyncio.subprocess.DEVNULL,
        )
        await load.wait()
        assert await closed(terminal) == CLOSING


async def test_connections_that_are_open_at_the_emulator_do_not_show_when_it_stops(
    tmp_path: Path,
) -> None:
    """One is idle, one has sent half of a request, one waits for a message."""
    async with shop_in_a_terminal(tmp_path / "var") as terminal:
        settings = terminal.emulator_settings()
        address = urlsplit(str(settings.aws_endpoint_url))
        held = [await asyncio.open_connection("127.0.0.1", address.port) for _ in range(2)]
        held[1][1].write(f"POST / HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Le".encode())
        async with aws_clients(settings) as clients:
            await ensure_queue(clients.sqs, "nobody-sends-here", {})
            queue = await clients.sqs.get_queue_url(QueueName="nobody-sends-here")
            poll = asyncio.create_task(
                clients.sqs.receive_message(QueueUrl=queue["QueueUrl"], WaitTimeSeconds=20)
            )
            await asyncio.wait([poll], timeout=1)  # it is under way, and no signal says so
            assert await closed(terminal) == CLOSING
            poll.cancel()
            await asyncio.wait([poll])
        for _, writer in held:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
