"""What every test may ask for."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog
from moto.server import ThreadedMotoServer

from tests.chaos.report import pytest_terminal_summary
from tests.support.alone import pytest_runtest_protocol
from tests.support.emulator import CREDENTIAL_VARIABLES, running_ministack
from tests.support.leaks import kept_open, left_open, open_now
from tests.support.s3 import running_s3

os.environ.update(CREDENTIAL_VARIABLES)  # services find them there, in this process or another

hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")  # how long an example takes is up to the machine

_TESTS = Path(__file__).parent
_LONGEST = ("e2e", "model", "integration")

# Hooks of pytest's: tests that run alone, and the table of the chaos runs.
__all__ = ["pytest_runtest_protocol", "pytest_terminal_summary"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no process has one left at the end."""

    def rank(item: pytest.Item) -> int:
        kind = item.path.relative_to(_TESTS).parts[0]
        return [*_LONGEST, kind].index(kind)

    items.sort(key=rank)


def pytest_collection_finish() -> None:
    """Let the garbage collector leave alone what was loaded: it looks over all that tests make."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    """Log tracebacks as text; structlog's own default spends seconds on drawing them."""
    plain = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    before = structlog.get_config()["processors"]
    structlog.configure(processors=[*before[:-1], plain])


@pytest.fixture(autouse=True)
def _leaves_nothing_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test that leaves a socket, a file or a process open, not one that runs later.

    Tests that share an event loop share connections: those are checked when their file ends.
    """
    failed, before = request.session.testsfailed, open_now()
    yield
    shares = (mark := request.node.get_closest_marker("asyncio")) and "loop_scope" in mark.kwargs
    if not shares and request.session.testsfailed == failed:  # a traceback holds what was used
        left = left_open(before)
        assert not left, f"left open: {', '.join(left)}"


@pytest.fixture(scope="module", autouse=True)
def _warnings_in_their_own_file() -> Iterator[None]:
    """Have the garbage collector warn of what a file's tests left open before the next file.

    What is left belongs to all of them, and is not looked over again after each file.
    """
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def ministack() -> Iterator[str]:
    """The endpoint of a ministack process that this test process shares."""
    with contextlib.ExitStack() as stack:
        with kept_open():
            url = stack.enter_context(running_ministack())
        yield url


@pytest.fixture(scope="session")
def ministack_s3() -> Iterator[str]:
    """The endpoint of a ministack with S3 that this test process shares."""
    with contextlib.ExitStack() as stack:
        with kept_open():
            url = stack.enter_context(running_s3())
        yield url


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The endpoint of a moto server that this test process shares."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with kept_open():
        server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()
