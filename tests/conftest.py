"""What every test may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto.server import ThreadedMotoServer

from tests.support.emulator import running_ministack


@pytest.fixture(scope="session")
def ministack() -> Iterator[str]:
    """The endpoint of a ministack process that this test process shares."""
    with running_ministack() as url:
        yield url


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The endpoint of a moto server that this test process shares."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()
