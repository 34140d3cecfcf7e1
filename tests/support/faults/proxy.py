"""A proxy between a service and the emulator, which does to requests what the rules say."""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
import struct
import time
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import aiohttp
from aiohttp import hdrs, web
from yarl import URL

from tests.support.faults import aws_wire
from tests.support.faults.aws_wire import Answer, Call
from tests.support.faults.holds import Hold, Moment
from tests.support.faults.redelivery import Redelivery
from tests.support.faults.rules import (
    Delay,
    Drop,
    Fail,
    FailEntries,
    Fault,
    Faults,
    LoseAnswer,
    Redeliver,
    Repeat,
    Silence,
    Throttle,
)

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER without a wait: the other side sees a reset, not an end of file."""

_OF_ONE_HOP = frozenset(
    {
        hdrs.HOST,
        hdrs.CONNECTION,
        hdrs.TRANSFER_ENCODING,
        hdrs.CONTENT_LENGTH,
        hdrs.DATE,
        hdrs.EXPECT,
    }
)


class Witness(Protocol):
    """Observes calls as they take effect; `who` is the name of the proxy."""

    async def before(self, who: str, call: Call) -> None:
        """See a call on its way to the emulator."""

    async def after(self, who: str, call: Call, answer: Answer) -> None:
        """See what the emulator has made of it, whether or not its caller ever does."""


class LostError(Exception):
    """The caller gets no answer."""


class Proxy:
    """Answers at `url` in the place of the emulator, for the service that is configured so."""

    def __init__(self, who: str, emulator: str, faults: Faults, witness: Witness) -> None:
        self._who = who
        self._emulator = URL(emulator)
        self._faults = faults
        self._witness = witness
        self._holds: list[Hold] = []
        self._redelivery = Redelivery(faults)
        self._server = web.Server(self._serve, access_log=None)
        self._connector = aiohttp.TCPConnector(limit=0)
        self._http = aiohttp.ClientSession(
            connector=self._connector,
            timeout=aiohttp.ClientTimeout(total=60),
            auto_decompress=False,
        )
        self._listener: asyncio.Server | None = None
        self._closing = asyncio.Event()
        self._port = 0
        self.polled_at = 0.0
        """When the service last asked for messages (monotonic)."""

        self.under_way = 0
        self.most_under_way = 0

    @property
    def url(self) -> str:
        """Where the proxy answers, the same for as long as it lives."""
        return f"http://127.0.0.1:{self._port}"

    async def open(self) -> None:
        """Take connections: again, on the same port, after `shut`."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._server, "127.0.0.1", self._port)
        self._port = self._listener.sockets[0].getsockname()[1]

    def shut(self) -> None:
        """Refuse connections, and reset those that there are."""
        if self._listener is not None:
            self._listener.close()
        for connection in self._server.connections:
            _reset(connection.transport)

    async def close(self) -> None:
        """Let go of everything."""
        self._closing.set()
        for hold in self._holds:
            hold.discard()
        self.shut()
        await self._server.shutdown(1)
        await self._http.close()

    def hold(self, action: str, moment: Moment, containing: bytes = b"") -> Hold:
        """Stop the next such request of `action`, before or after its effect."""
        hold = Hold(action, moment, containing)
        self._holds.append(hold)
        return hold

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            if hdrs.EXPECT in request.headers:  # S3's clients wait for that before a body
                await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = await request.content.read()
            call = aws_wire.read_call(request.headers, body, request.method, request.path)
            answer = await self._suffer(request, call, self._faults.of(call.action))
        except (LostError, aiohttp.ClientError):
            _reset(request.transport)
            return web.Response()
        finally:
            self.under_way -= 1
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    async def _suffer(
        self, request: web.BaseRequest, call: Call, faults: Sequence[Fault]
    ) -> Answer:
        for fault in faults:
            match fault:
                case Delay(seconds):
                    await asyncio.sleep(seconds)
                case Silence():
                    await self._closing.wait()
                    raise LostError
                case Drop():
                    raise LostError
                case Fail(status, code):
                    return aws_wire.refusal(call, status, code)
                case Throttle():
                    return aws_wire.refusal(call, 400, "ThrottlingException")
                case _:
                    pass  # befalls it only when it takes effect
        await self._held(call, Moment.BEFORE, call.body)
        if call.action == "ReceiveMessage":
            self.polled_at = time.monotonic()
        answer = await self._take_effect(request, call, faults)
        await self._held(call, Moment.AFTER, call.body + answer.body)
        if LoseAnswer() in faults:
            raise LostError
        return answer

    async def _take_effect(
        self, request: web.BaseRequest, call: Call, faults: Sequence[Fault]
    ) -> Answer:
        for fault in faults:
            match fault:
                case FailEntries() if call.entries:
                    failing = self._faults.failing(fault, call)
                    return await self._without(request, call, failing)
                case Redeliver(times) if call.action == "ReceiveMessage":
                    if kept := self._redelivery.kept(call):
                        return kept
                    answer = await self._forward(request, call)
                    return self._redelivery.multiply(call, answer, times)
                case Repeat(times):
                    for _ in range(times - 1):
                        await self._forward(request, call)
                case _:
                    pass  # befell it before
        return await self._forward(request, call)

    async def _without(
        self, request: web.BaseRequest, call: Call, failing: Sequence[str]
    ) -> Answer:
        rest = call.without(failing)
        answer = await self._forward(request, rest) if rest.entries else aws_wire.nothing_done(call)
        return aws_wire.with_failures(call, answer, failing)

    async def _forward(self, request: web.BaseRequest, call: Call) -> Answer:
        await self._witness.before(self._who, call)
        async with self._http.request(
            request.method,
            self._emulator.join(URL(request.path_qs, encoded=True)),
            data=io.BytesIO(call.body),  # in pieces, since a ticket may have 1 MiB
            headers=_onward(request.headers),
        ) as response:
            answer = Answer(response.status, await response.read(), _onward(response.headers))
        await self._witness.after(self._who, call, answer)
        return answer

    async def _held(self, call: Call, moment: Moment, content: bytes) -> None:
        for hold in self._holds:
            if hold.wants(call.action, moment, content):
                await hold.stop()
                if hold.discarded:
                    raise LostError


@contextlib.asynccontextmanager
async def open_proxy(
    who: str, emulator: str, faults: Faults, witness: Witness
) -> AsyncIterator[Proxy]:
    """Put a proxy in front of the emulator for as long as the block lasts."""
    proxy = Proxy(who, emulator, faults, witness)
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.close()


def _onward(headers: aws_wire.Headers) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.title() not in _OF_ONE_HOP}


def _reset(transport: asyncio.BaseTransport | None) -> None:
    if isinstance(transport, asyncio.Transport) and not transport.is_closing():
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        transport.abort()
