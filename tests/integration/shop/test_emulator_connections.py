"""The emulator's HTTP: one request at a time, bounded, refused by its head."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from shared.web.listening import bound
from shop.emulator import connection
from shop.emulator.messages import Answer, Head, Response
from shop.emulator.server import serving

ECHO = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"


class Echo:
    """Answers with the body; refuses paths that begin with /no; /slow waits for `go`."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.given_up = asyncio.Event()
        self.heads: list[Head] = []

    def __call__(self, head: Head) -> Answer | Response:
        self.heads.append(head)
        if head.target.startswith("/no"):
            return Response(403, {"Why": "no"}, b"refused")
        return self._slowly if head.target == "/slow" else self._at_once

    async def _at_once(self, body: bytes) -> Response:
        if body == b"break":
            raise ValueError(body)
        return Response(200, {"X-Kind": "echo"}, body)

    async def _slowly(self, body: bytes) -> Response:
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.given_up.set()
            raise
        return await self._at_once(body)


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def port(echo: Echo) -> AsyncIterator[int]:
    listening = bound("127.0.0.1", 0)
    port: int = listening.getsockname()[1]
    async with serving(echo, listening):
        yield port


@contextlib.asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(10):
            yield reader, writer
    finally:
        writer.close()


async def answer(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """Read one answer: its head, and its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    (length,) = [line for line in head.splitlines() if line.startswith("Content-Length: ")]
    return head, await reader.readexactly(int(length.partition(": ")[2]))


async def test_requests_of_a_connection_are_answered_one_after_the_other(port: int) -> None:
    async with connected(port) as (reader, writer):
        for _ in range(3):
            writer.write(ECHO)
            head, body = await answer(reader)
            assert head.startswith("HTTP/1.1 200 OK\r\nX-Kind: echo\r\nDate: ")
            assert body == b"hello"


async def test_a_request_may_come_byte_by_byte_and_its_body_in_chunks(
    port: int, echo: Echo
) -> None:
    async with connected(port) as (reader, writer):
        for byte in ECHO:
            writer.write(bytes([byte]))
            await writer.drain()
        assert (await answer(reader))[1] == b"hello"
        writer.write(b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\nA: 1\r\na: 2\r\n\r\n")
        writer.write(b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")
        assert (await answer(reader))[1] == b"hello"
    assert echo.heads[1] == Head("POST", "/x", {"transfer-encoding": "chunked", "a": "1, 2"})


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"POST /no HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\nsome", "403"),
        (b"GET /no HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "403"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"),
        (b"nonsense\r\n\r\n", "400"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "400"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx", "400"),
        (b"POST / HTTP/1.1\r\nA: %b\r\n\r\n" % (b"x" * connection.MAX_HEAD_BYTES), "400"),
        (b"POST /%b HTTP/1.1\r\n\r\n" % (b"x" * connection.MAX_HEAD_BYTES), "400"),
        (b"POST / HTTP/1.1\r\nConnection: close\r\n\r\n", "200"),
        (b"POST / HTTP/1.0\r\n\r\n", "200"),
    ],
)
async def test_a_connection_ends_with_what_is_refused_or_is_to_be_the_last(
    port: int, sent: bytes, status: str
) -> None:
    async with connected(port) as (reader, writer):
        writer.write(sent)
        head, _ = await answer(reader)
        assert head.startswith(f"HTTP/1.1 {status} ")
        assert "Connection: close\r\n" in head
        assert await reader.read() == b""


async def test_a_body_that_is_too_long_ends_the_connection(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_BODY_BYTES", 10)
    async with connected(port) as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\nhello world")
        assert (await answer(reader))[0].startswith("HTTP/1.1 400 ")


async def test_an_error_is_answered_and_the_connection_lives_on(port: int) -> None:
    async with connected(port) as (reader, writer):
        writer.write(ECHO.replace(b"hello", b"break"))
        assert (await answer(reader))[0].startswith("HTTP/1.1 500 ")
        writer.write(ECHO)
        assert (await answer(reader))[1] == b"hello"


@pytest.mark.parametrize("together", [True, False])
async def test_pipelined_requests_end_the_connection(port: int, *, together: bool) -> None:
    async with connected(port) as (reader, writer):
        writer.write(ECHO.replace(b"/", b"/slow", 1))
        if not together:
            await asyncio.sleep(0.05)
        writer.write(ECHO)
        assert b"200 OK" not in await reader.read()


async def test_an_answer_is_given_up_when_its_client_has_gone(port: int, echo: Echo) -> None:
    async with connected(port) as (_, writer):
        writer.write(ECHO.replace(b"/", b"/slow", 1))
    async with asyncio.timeout(5):
        await echo.given_up.wait()


async def test_an_idle_connection_is_closed_and_one_that_waits_for_its_answer_is_not(
    port: int, echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "KEEP_ALIVE_SECONDS", 0.2)
    async with connected(port) as (idle, _), connected(port) as (reader, writer):
        writer.write(ECHO.replace(b"/", b"/slow", 1))
        assert await idle.read() == b""
        await asyncio.sleep(0.5)
        echo.go.set()
        assert (await answer(reader))[1] == b"hello"


async def test_a_stop_lets_answers_under_way_end(echo: Echo) -> None:
    listening = bound("127.0.0.1", 0)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(serving(echo, listening))
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        writer.write(ECHO.replace(b"/", b"/slow", 1))
        await asyncio.sleep(0.05)
        asyncio.get_running_loop().call_later(0.2, echo.go.set)
        await stack.aclose()
        assert (await answer(reader))[1] == b"hello"
        writer.close()
